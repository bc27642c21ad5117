import { AlarmChange } from '../../lib/contracts.ts';
import { countIgnoredAlarm } from '../../lib/metrics.ts';
import { logger, step } from '../../lib/middleware.ts';
import { applicationsOfAlarm } from '../../lib/registry/applications.ts';
import { answerAlarm } from '../../lib/rollback/answer-alarm.ts';

/** Every alarm of the account comes by here; those that no manifest names are none of ours and leave a log line only. */
export const handler = step(AlarmChange, async (change) => {
  const manifests = await applicationsOfAlarm(change.detail.alarmName);
  if (manifests.length === 0) {
    logger.info('no application names this alarm', { alarm: change.detail.alarmName });
    countIgnoredAlarm();
  }
  for (const manifest of manifests) await answerAlarm({ manifest, change, now: new Date() });
});
