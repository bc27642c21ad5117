import { Logger } from '@aws-lambda-powertools/logger';

/** The one log of a function; its middleware adds the request's id. */
export const logger = new Logger();
