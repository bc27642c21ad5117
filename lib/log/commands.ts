import { GetCommand, PutCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { documents, isConditionFailed } from '../aws/dynamodb.ts';
import { config } from '../config.ts';
import type { CommandRecord, HostAction, HostResult } from '../contracts.ts';
import { CommandMissing } from '../errors.ts';
import { commandKey } from './keys.ts';

/** One host command of a rollback: each action is sent once a wave. */
export type CommandOfWave = { readonly rollbackId: string; readonly action: HostAction; readonly wave: number };

export type CommandIntent = Omit<CommandRecord, 'commandId' | 'sentAt' | 'unreachable' | 'results' | 'endedAt'>;

/** Writes down that a command is about to be sent. Answers what is recorded: after a retry the first intent, perhaps sent by now. */
export async function recordIntent(intent: CommandIntent): Promise<CommandRecord> {
  const Item = { ...keyOf(intent), ...intent };
  try {
    await documents.send(new PutCommand({ TableName: config.logTable, Item, ConditionExpression: 'attribute_not_exists(pk)' }));
    return intent;
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    return requireCommand(intent.rollbackId, intent.action, intent.wave);
  }
}

/** Writes down the id of the sent command. If another id is there already it stays and is answered: that is the one to await. */
export async function recordSent(command: CommandOfWave & { commandId: string; sentAt: string }): Promise<CommandRecord> {
  const { commandId, sentAt } = command;
  return change(command, { commandId, sentAt }, 'attribute_exists(pk) AND attribute_not_exists(commandId)');
}

/** Writes down which hosts it can not be sent to, before it is sent to the others. */
export async function recordUnreachable(command: CommandOfWave & { unreachable: readonly string[] }): Promise<CommandRecord> {
  return change(command, { unreachable: command.unreachable }, 'attribute_exists(pk) AND attribute_not_exists(commandId)');
}

/** Writes down what became of the command on each host. */
export async function recordResults(
  command: CommandOfWave & { results: readonly HostResult[]; endedAt: string },
): Promise<CommandRecord> {
  return change(command, { results: command.results, endedAt: command.endedAt }, 'attribute_exists(pk)');
}

/** What is known of a command; null when it was never intended. */
export async function commandOf(rollbackId: string, action: HostAction, wave: number): Promise<CommandRecord | null> {
  const Key = commandKey(rollbackId, action, wave);
  const { Item } = await documents.send(new GetCommand({ TableName: config.logTable, Key, ConsistentRead: true }));
  return Item === undefined ? null : withoutKey(Item);
}

/** As `commandOf`, for a command that was intended: a missing one is a defect. */
export async function requireCommand(rollbackId: string, action: HostAction, wave: number): Promise<CommandRecord> {
  const command = await commandOf(rollbackId, action, wave);
  if (command === null) throw new CommandMissing(rollbackId, action, wave);
  return command;
}

/** Every command of a rollback, by action and wave. */
export async function commandsOf(rollbackId: string): Promise<CommandRecord[]> {
  const request = {
    TableName: config.logTable,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
    ExpressionAttributeValues: { ':pk': `ROLLBACK#${rollbackId}`, ':sk': 'COMMAND#' },
  };
  const commands: CommandRecord[] = [];
  for await (const { Items = [] } of paginateQuery({ client: documents }, request)) commands.push(...Items.map(withoutKey));
  return commands;
}

async function change(command: CommandOfWave, changes: Record<string, unknown>, condition: string): Promise<CommandRecord> {
  const names = Object.keys(changes);
  const request = new UpdateCommand({
    TableName: config.logTable,
    Key: keyOf(command),
    UpdateExpression: `SET ${names.map((name) => `${name} = :${name}`).join(', ')}`,
    ConditionExpression: condition,
    ExpressionAttributeValues: Object.fromEntries(names.map((name) => [`:${name}`, changes[name]])),
    ReturnValues: 'ALL_NEW',
  });
  try {
    return withoutKey((await documents.send(request)).Attributes ?? {});
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    return requireCommand(command.rollbackId, command.action, command.wave);
  }
}

function keyOf({ rollbackId, action, wave }: CommandOfWave) {
  return commandKey(rollbackId, action, wave);
}

function withoutKey({ pk: _pk, sk: _sk, ...command }: Record<string, unknown>): CommandRecord {
  return command as unknown as CommandRecord;
}
