import { CloudFrontClient, CreateInvalidationCommand, GetInvalidationCommand } from '@aws-sdk/client-cloudfront';
import { TooManyInvalidations } from '../errors.ts';
import { clientDefaults, isError } from './client.ts';

const client = new CloudFrontClient(clientDefaults);

/** `Completed`: no cache answers with what it held when the invalidation was asked for. */
export type Invalidation = { readonly id: string; readonly state: 'InProgress' | 'Completed' };

/**
 * Asks a distribution to forget what it caches of these paths (`/*`: everything). The same reference with the same paths is the same
 * invalidation, however often it is asked for: the answer says how far it is. Throws `TooManyInvalidations`, or AWS's own error.
 */
export async function invalidate(distribution: string, paths: readonly string[], reference: string): Promise<Invalidation> {
  const batch = { CallerReference: reference, Paths: { Quantity: paths.length, Items: [...paths] } };
  try {
    const request = new CreateInvalidationCommand({ DistributionId: distribution, InvalidationBatch: batch });
    const { Id = '' } = (await client.send(request)).Invalidation ?? {};
    // Asked for by itself: that a repeated request tells the state of now is documented nowhere.
    const { Invalidation } = await client.send(new GetInvalidationCommand({ DistributionId: distribution, Id }));
    return { id: Id, state: Invalidation?.Status === 'Completed' ? 'Completed' : 'InProgress' };
  } catch (error) {
    throw isError(error, 'TooManyInvalidationsInProgress') ? new TooManyInvalidations(distribution, error) : error;
  }
}
