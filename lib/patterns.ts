/**
 * Texts that reach a host, as patterns without anchors and without look-around: the manifest's contract and the host documents hold to
 * the same ones, in JavaScript here, in Java at SSM and in Go on the host.
 */

/** Each dot is followed by something else, so that no `..` fits; no segment begins with a dash, so that none reads as an option. */
const SEGMENT = '\\.?[A-Za-z0-9_@+][A-Za-z0-9_@+-]*(\\.[A-Za-z0-9_@+-]+)*';
export const RELATIVE_PATH = `${SEGMENT}(/${SEGMENT})*`;
export const ABSOLUTE_PATH = `(/${SEGMENT})+`;
export const UNIT = '[A-Za-z0-9@_:][A-Za-z0-9@._:-]*';
export const HTTP_URL = 'https?://(\\[[0-9A-Fa-f:]+\\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(/[A-Za-z0-9._~/?=&%+,:@-]*)?';
