import { expect, it } from 'vitest';
import { differences, restoreSettings } from '../../../lib/domain/database/settings.ts';
import { restoredTags } from '../../../lib/domain/database/tags.ts';
import { database, restored, SETTINGS } from './builders.ts';

it('tells a restore every setting that RDS would take a default for', () => {
  const { class: size, storageType, logExports, securityGroups, publiclyAccessible } = SETTINGS;
  const told = restoreSettings(database());
  expect(told).toMatchObject({ class: size, storageType, logExports, securityGroups, publiclyAccessible, multiAz: true });
  const later = ['deletionProtection', 'maintenanceWindow', 'backupWindow', 'backupRetentionDays', 'monitoringInterval'];
  for (const name of [...later, 'dedicatedLogVolume']) expect(told).not.toHaveProperty(name);
  expect(restoreSettings(database({ settings: { dedicatedLogVolume: true } }))).toHaveProperty('dedicatedLogVolume', true);
});

it.each([
  ['gp3 under 400 GiB has its performance fixed', 'gp3', 399, {}],
  ['gp3 from 400 GiB on can be tuned', 'gp3', 400, { iops: 3000, storageThroughput: 125 }],
  ['io2 has no throughput', 'io2', 100, { iops: 3000 }],
  ['gp2 has neither', 'gp2', 1000, {}],
])('%s', (_rule, storageType, allocatedStorage, performance) => {
  const { iops, storageThroughput } = restoreSettings(database({ allocatedStorage, settings: { storageType } }));
  expect({ ...(iops && { iops }), ...(storageThroughput && { storageThroughput }) }).toEqual(performance);
});

it('finds no difference between instances with the same settings, in whatever order', () => {
  const same = restored({ settings: { securityGroups: ['sg-2', 'sg-1'], logExports: ['upgrade', 'postgresql'] } });
  expect(differences(database(), same)).toEqual({});
});

it.each([
  [{ multiAz: false }, { multiAz: true }],
  [{ securityGroups: ['sg-default'] }, { securityGroups: ['sg-1', 'sg-2'] }],
  [{ logExports: [] }, { logExports: ['postgresql', 'upgrade'] }],
  [{ maintenanceWindow: 'sun:04:00-sun:04:30' }, { maintenanceWindow: SETTINGS.maintenanceWindow }],
  [{ backupRetentionDays: 1 }, { backupRetentionDays: 7 }],
  [{ monitoringInterval: 0 }, { monitoringInterval: 60, monitoringRole: SETTINGS.monitoringRole }],
  [{ storageType: 'gp2' }, { storageType: 'gp3' }],
  [
    { performanceInsights: false },
    { insightsMode: 'standard', performanceInsights: true, performanceInsightsRetention: 7, performanceInsightsKey: 'key-1' },
  ],
  [
    { performanceInsightsRetention: 31 },
    { insightsMode: 'standard', performanceInsights: true, performanceInsightsRetention: 7 },
  ],
])('%j has to be changed by %j', (settings, changes) => {
  expect(differences(database(), restored({ settings }))).toEqual(changes);
});

it('turns off what the source does not have, and leaves protection against deletion to the cut-over', () => {
  const source = database({ settings: { monitoringInterval: 0, performanceInsights: false } });
  expect(differences(source, restored())).toEqual({
    monitoringInterval: 0,
    insightsMode: 'standard',
    performanceInsights: false,
  });
  expect(differences(database({ settings: { deletionProtection: true } }), restored())).toEqual({});
});

it('copies the tags of the source that it may, as far as there is room beside its own', () => {
  const tags = { Team: 'shop', 'aws:cloudformation:stack-name': 's', RollbackId: 'older', RollbackService: 'kept' };
  expect(restoredTags(tags, 'shop-1')).toEqual({ Team: 'shop', RollbackId: 'shop-1', RollbackService: 'restored' });
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`t${index}`, '']));
  expect(Object.keys(restoredTags(many, 'shop-1'))).toHaveLength(50);
});
