import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { config } from '../config.ts';
import { clientDefaults } from './client.ts';

const client = new SNSClient(clientDefaults);
/** SNS wants "less than 100 characters" of ASCII without line breaks that do not begin with a blank. */
const SUBJECT_LENGTH = 99;
/** SNS takes 256 KiB; a UTF-16 unit is at most three bytes of UTF-8. */
const MESSAGE_LENGTH = 80_000;

/** Tells people. The subject loses what is not printable ASCII and what is beyond 99 characters, the message what is beyond 80,000. */
export async function notify({ subject, message }: { subject: string; message: string }): Promise<void> {
  const printable = subject
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .trim()
    .slice(0, SUBJECT_LENGTH);
  const request = {
    TopicArn: config.notificationTopicArn,
    Subject: printable || 'Rollback',
    Message: message.slice(0, MESSAGE_LENGTH),
  };
  await client.send(new PublishCommand(request));
}
