/** Checks every state machine of this folder: valid Amazon States Language, and a time-out on each task (the default is about three years). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import aslValidator from 'asl-validator';
import { parse } from 'yaml';

type States = Record<
  string,
  {
    Type: string;
    TimeoutSeconds?: number;
    TimeoutSecondsPath?: string;
    Branches?: { States: States }[];
    ItemProcessor?: { States: States };
  }
>;

/** Names of the tasks, those of branches and maps included, that could wait for ever. */
const tasksWithoutTimeout = (states: States): string[] =>
  Object.entries(states).flatMap(([name, state]) => [
    ...(state.Type === 'Task' && state.TimeoutSeconds === undefined && state.TimeoutSecondsPath === undefined ? [name] : []),
    ...[...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])].flatMap((branch) =>
      tasksWithoutTimeout(branch.States),
    ),
  ]);

for (const file of readdirSync(import.meta.dirname).filter((f) => f.endsWith('.asl.yml'))) {
  const definition = parse(readFileSync(join(import.meta.dirname, file), 'utf8'));
  const { isValid, errorsText } = aslValidator(definition);
  const endless = tasksWithoutTimeout(definition.States);
  const problems = [...(isValid ? [] : [errorsText('\n')]), ...endless.map((name) => `${name} has no TimeoutSeconds`)];
  console.log(problems.length === 0 ? `valid ${file}` : `INVALID ${file}\n${problems.join('\n')}`);
  if (problems.length > 0) process.exitCode = 1;
}
