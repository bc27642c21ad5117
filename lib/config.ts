/** The only reader of the environment. Values are read when asked for: a function needs just the variables it uses. */
import { ConfigurationMissing } from './errors.ts';

const required = (variable: string): string => {
  const value = process.env[variable];
  if (!value) throw new ConfigurationMissing(variable);
  return value;
};

/** What the deployment says. Each getter throws `ConfigurationMissing`, naming the variable, when it is unset or empty. */
export const config = {
  /** Table of applications, releases, locks, freezes and approvals. */
  get registryTable(): string {
    return required('REGISTRY_TABLE');
  },
  /** Table of rollbacks and their events. */
  get logTable(): string {
    return required('LOG_TABLE');
  },
  get notificationTopicArn(): string {
    return required('NOTIFICATION_TOPIC_ARN');
  },
  get rollbackMachineArn(): string {
    return required('ROLLBACK_MACHINE_ARN');
  },
  /** What the names of the service's SSM documents begin with: `<prefix><document>`. */
  get documentPrefix(): string {
    return required('DOCUMENT_PREFIX');
  },
  /** The service's own bucket: manifests of releases, plans of objects. */
  get serviceBucket(): string {
    return required('SERVICE_BUCKET');
  },
  /** The state machine that records the frontend of a release. */
  get releaseMachineArn(): string {
    return required('RELEASE_MACHINE_ARN');
  },
  /** The state machine that makes a backup before a deployment. */
  get backupMachineArn(): string {
    return required('BACKUP_MACHINE_ARN');
  },
  /** The names of RDS instances that the service may work on: one name, or a pattern as IAM has it, with `*` and `?`. */
  get databases(): string {
    return required('DATABASES');
  },
  /** Where the service keeps captured state and fences on each host. */
  get hostStateDirectory(): string {
    return process.env.HOST_STATE_DIRECTORY || '/var/lib/rollback-service';
  },
};
