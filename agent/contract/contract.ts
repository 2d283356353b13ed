/** Version of the messages of this folder; a receiver refuses what it does not know. */
export const CONTRACT_VERSION = 1;

export const MEDIA_TYPE_FHIR_JSON = 'application/fhir+json';

/** Largest envelope that leaves a home, in bytes of UTF-8. */
export const ENVELOPE_BYTES_MAX = 128 * 1024;
