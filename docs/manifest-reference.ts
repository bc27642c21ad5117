/** docs/manifest.md: every field of an application's manifest. */
import { Manifest } from '../lib/contracts.ts';
import { fullManifest, installs, smallManifest } from './examples.ts';
import { fieldTable, json, MADE } from './markdown.ts';
import { explained, MANIFEST } from './meanings.ts';

/** The whole page. Throws `MeaningsIncomplete` when a field has no meaning. */
export function manifestReference(): string {
  return `${MADE}

# Manifest

One manifest describes one application. Send it with \`PUT /applications/{application}\`, see [api.md](api.md).
Unknown fields are refused. Durations are a number and a unit: \`30s\`, \`15m\`, \`4h\`, \`2d\`.
There is no free shell command in it: installations are of a known kind, or a script that lies in the repository.

The smallest useful one. It lets an alarm roll back code:

${json(smallManifest)}

Everything that can be said:

${json(fullManifest)}

In place of \`python\`, \`code.install\` can be one of:

${installs.map(json).join('\n\n')}

## Fields

\`required\`: within its section. A section whose default is \`none\` may be left out; the fields in it then have their defaults,
or there is no such section.

${fieldTable(explained(Manifest, MANIFEST))}
`;
}
