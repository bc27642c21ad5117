import type { Client } from 'pg';
import { backUp } from './backup-window.ts';
import { Cluster } from './cluster.ts';
import { inTurn, newResourceId } from './instances.ts';
import { readNewIdentifier, type Tags } from './requests.ts';
import { DEFAULTS, type Settings } from './settings.ts';
import type { RdsState } from './state.ts';

/** An instance to make past the API. */
export interface InstanceDefinition {
  readonly identifier: string;
  /** Name of the database that is made in it. */
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** As DescribeDBInstances has them; AWS's defaults unless told, with backups kept for a day. */
  readonly settings?: Partial<Settings>;
  readonly tags?: Tags;
  /** Further members of its description, as of an Aurora instance or a source of replicas; they have no effect. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** Where an instance can be reached. */
export interface CreatedInstance {
  readonly identifier: string;
  readonly resourceId: string;
  readonly host: string;
  readonly port: number;
  /** `postgresql://user:password@host:port/database` */
  readonly url: string;
}

/** Makes an instance, and resolves when it is available. */
export async function createInstance(state: RdsState, definition: InstanceDefinition): Promise<CreatedInstance> {
  const { user, password, database, settings, tags = {}, members } = definition;
  const identifier = readNewIdentifier(definition.identifier, 'DBInstanceIdentifier');
  const machine = await state.machine();
  const resourceId = newResourceId();
  const cluster = new Cluster(machine, await machine.makeFolder(), identifier);
  state.instances.requireFree(identifier);
  const instance = state.instances.add({
    identifier,
    resourceId,
    cluster,
    database,
    masterUsername: user,
    settings: { ...DEFAULTS, ...settings },
    tags,
    ...(members && { members }),
  });
  const { host, port } = await inTurn(instance, async () => {
    await cluster.initialize();
    await cluster.connected((client) => makeDatabase(client, definition));
    instance.createdAt = state.now();
    const address = await state.endpoints.attach(identifier, cluster.socket);
    instance.address = address;
    await backUp(instance);
    instance.status = 'available';
    return address;
  });
  const login = [user, password].map(encodeURIComponent).join(':');
  return { identifier, resourceId, host, port, url: `postgresql://${login}@${host}:${port}/${encodeURIComponent(database)}` };
}

/** The master user is no superuser, as in AWS. */
async function makeDatabase(client: Client, { user, password, database }: InstanceDefinition): Promise<void> {
  const [role, name] = [client.escapeIdentifier(user), client.escapeIdentifier(database)];
  await client.query('CREATE ROLE rds_superuser IN ROLE pg_monitor, pg_signal_backend, pg_checkpoint');
  const options = `LOGIN CREATEDB CREATEROLE PASSWORD ${client.escapeLiteral(password)}`;
  await client.query(`CREATE ROLE ${role} ${options} IN ROLE rds_superuser`);
  await client.query(`CREATE DATABASE ${name} OWNER ${role}`);
}
