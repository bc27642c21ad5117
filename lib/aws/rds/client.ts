import { RDSClient } from '@aws-sdk/client-rds';
import { clientDefaults } from '../client.ts';

/**
 * The account's rate limit is shared with everybody who looks at instances: a cut-over does not fail for it. A change that is sent
 * again after a time-out is refused if the first one arrived: then the instance is looked at anew.
 */
export const client = new RDSClient({ ...clientDefaults, retryMode: 'adaptive', maxAttempts: 6 });
