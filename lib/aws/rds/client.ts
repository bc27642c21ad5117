import { RDSClient } from '@aws-sdk/client-rds';
import { clientDefaults } from '../client.ts';

/** A change that is sent again after a time-out is refused if the first one arrived: then the instance is looked at anew. */
export const client = new RDSClient(clientDefaults);
