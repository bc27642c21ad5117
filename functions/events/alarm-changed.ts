import { allEnded } from '../../lib/all-ended.ts';
import { AlarmChange } from '../../lib/contracts.ts';
import { logger } from '../../lib/logger.ts';
import { countIgnoredAlarm } from '../../lib/metrics.ts';
import { step } from '../../lib/middleware.ts';
import { applicationsOfAlarm, manifestOfAlarm } from '../../lib/registry/applications.ts';
import { answerAlarm } from '../../lib/rollback/answer-alarm.ts';

/** Every alarm of the account comes by here; those that no manifest names are none of ours and leave a log line only. */
export const handler = step(AlarmChange, async (change) => {
  const { alarmName } = change.detail;
  const answer = async (application: string): Promise<boolean> => {
    const manifest = await manifestOfAlarm(application, alarmName);
    if (manifest) await answerAlarm({ manifest, change, now: new Date() });
    return manifest !== null;
  };
  // One application's trouble keeps no other from its rollback; when the event comes again it finds what was started.
  const answered = await allEnded((await applicationsOfAlarm(alarmName)).map(answer));
  if (answered.includes(true)) return;
  logger.info('no application names this alarm', { alarm: alarmName });
  countIgnoredAlarm();
});
