/**
 * Stands in the bundles for the SDK's chain of credential providers: a function's role always comes by its environment, and the
 * chain's files, metadata services and sign-ins are an eighth of a cold start. Named in serverless.yml (`alias`).
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
