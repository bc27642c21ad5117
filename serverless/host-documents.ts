/**
 * Packager plugin: adds one AWS::SSM::Document per host document of lib/documents to the template.
 * A plugin and not YAML, because bash's `${…}` would be taken for the packager's own variables.
 */
import { documentContent } from '../lib/documents/content.ts';
import { HOST_DOCUMENTS } from '../lib/documents/definitions.ts';

interface Packager {
  readonly service: {
    readonly custom: { readonly names: { readonly documents: string } };
    readonly provider: { readonly compiledCloudFormationTemplate: { readonly Resources: Record<string, object> } };
  };
}

/** `check-out-code` → `CheckOutCodeDocument` */
const logicalId = (name: string): string =>
  `${name.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase())}Document`;

export default class HostDocuments {
  readonly hooks: Readonly<Record<string, () => void>>;

  constructor(packager: Packager) {
    this.hooks = { 'before:package:finalize': () => addDocuments(packager) };
  }
}

const addDocuments = ({ service }: Packager): void => {
  for (const definition of Object.values(HOST_DOCUMENTS)) {
    service.provider.compiledCloudFormationTemplate.Resources[logicalId(definition.name)] = {
      Type: 'AWS::SSM::Document',
      Properties: {
        Name: `${service.custom.names.documents}${definition.name}`,
        DocumentType: 'Command',
        TargetType: '/AWS::EC2::Instance',
        // Without it CloudFormation could only replace a document that has a fixed name, and fail.
        UpdateMethod: 'NewVersion',
        Content: documentContent(definition),
      },
    };
  }
};
