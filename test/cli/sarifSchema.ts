/**
 * The part of SARIF 2.1.0 (OASIS standard, clause 3) that Lockstep writes, as a JSON schema: which properties an object may
 * have (nothing else is allowed), which it must have, and what their values look like.
 */
type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const uriReference: Schema = { type: 'string', pattern: '^[^\\s\\\\<>"{}|^`]*$' };
const fromOne: Schema = { type: 'integer', minimum: 1 };
const fromZero: Schema = { type: 'integer', minimum: 0 };
const level: Schema = { enum: ['none', 'note', 'warning', 'error'] };
const ref = (name: string): Schema => ({ $ref: `#/definitions/${name}` });
const list = (items: Schema, minItems = 0): Schema => ({ type: 'array', items, minItems });
const set = (items: Schema, minItems = 0): Schema => ({ ...list(items, minItems), uniqueItems: true });
const object = (properties: Schema, required: readonly string[] = [], more: Schema = {}): Schema => ({
  type: 'object',
  properties: { ...properties, properties: ref('propertyBag') },
  required,
  additionalProperties: false,
  ...more,
});
const oneOf = (...names: readonly string[]): Schema => ({
  anyOf: names.map((name) => ({ required: [name] })),
});

export const SARIF_SCHEMA: Schema = {
  // 3.13 sarifLog
  ...object({ $schema: uriReference, version: { const: '2.1.0' }, runs: list(ref('run')) }, [
    'version',
    'runs',
  ]),
  definitions: {
    // 3.8 Property bags
    propertyBag: { type: 'object', properties: { tags: set(text) } },
    // 3.14
    run: object(
      {
        tool: object({ driver: ref('toolComponent') }, ['driver']),
        invocations: list(ref('invocation')),
        results: list(ref('result')),
        columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
        originalUriBaseIds: { type: 'object', additionalProperties: ref('artifactLocation') },
      },
      ['tool'],
    ),
    // 3.19
    toolComponent: object(
      {
        name: text,
        version: text,
        semanticVersion: text,
        informationUri: uriReference,
        rules: set(ref('reportingDescriptor')),
      },
      ['name'],
    ),
    // 3.49
    reportingDescriptor: object(
      {
        id: text,
        shortDescription: ref('multiformatMessageString'),
        fullDescription: ref('multiformatMessageString'),
        help: ref('multiformatMessageString'),
        helpUri: uriReference,
      },
      ['id'],
    ),
    // 3.12
    multiformatMessageString: object({ text, markdown: text }, ['text']),
    // 3.11
    message: object({ text, markdown: text }, [], oneOf('text', 'id')),
    // 3.20
    invocation: object(
      { executionSuccessful: { type: 'boolean' }, toolExecutionNotifications: list(ref('notification')) },
      ['executionSuccessful'],
    ),
    // 3.58
    notification: object({ level, message: ref('message'), locations: set(ref('location')) }, ['message']),
    // 3.27
    result: object(
      {
        ruleId: text,
        ruleIndex: fromZero,
        level,
        rank: { type: 'number', minimum: 0, maximum: 100 },
        message: ref('message'),
        locations: list(ref('location')),
        relatedLocations: set(ref('location')),
        codeFlows: list(ref('codeFlow')),
        fixes: set(ref('fix')),
        partialFingerprints: { type: 'object', additionalProperties: text },
      },
      ['message'],
    ),
    // 3.28
    location: object({ id: fromZero, physicalLocation: ref('physicalLocation'), message: ref('message') }),
    // 3.29
    physicalLocation: object(
      { artifactLocation: ref('artifactLocation'), region: ref('region') },
      [],
      oneOf('address', 'artifactLocation'),
    ),
    // 3.4
    artifactLocation: object({ uri: uriReference, uriBaseId: text }),
    // 3.30
    region: object(
      { startLine: fromOne, startColumn: fromOne, endLine: fromOne, endColumn: fromOne },
      [],
      oneOf('startLine', 'charOffset', 'byteOffset'),
    ),
    // 3.36
    codeFlow: object({ threadFlows: list(ref('threadFlow'), 1) }, ['threadFlows']),
    // 3.37
    threadFlow: object({ id: text, locations: list(ref('threadFlowLocation'), 1) }, ['locations']),
    // 3.38
    threadFlowLocation: object({ location: ref('location'), executionOrder: fromZero }),
    // 3.55
    fix: object({ description: ref('message'), artifactChanges: set(ref('artifactChange'), 1) }, [
      'artifactChanges',
    ]),
    // 3.56
    artifactChange: object(
      { artifactLocation: ref('artifactLocation'), replacements: list(ref('replacement'), 1) },
      ['artifactLocation', 'replacements'],
    ),
    // 3.57; 3.3 artifactContent
    replacement: object({ deletedRegion: ref('region'), insertedContent: object({ text }) }, [
      'deletedRegion',
    ]),
  },
};
