// The errors that KMS answers by name, with the HTTP status it gives them.

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors */
export const statusOfRefusal = {
  AccessDeniedException: 400,
  DependencyTimeoutException: 503,
  DisabledException: 409,
  IncorrectKeyException: 400,
  InvalidCiphertextException: 400,
  KMSInternalException: 500,
  KMSInvalidStateException: 409,
  KeyUnavailableException: 500,
  NotFoundException: 400,
  ThrottlingException: 400,
  ValidationException: 400,
} as const

export type RefusalName = keyof typeof statusOfRefusal

export class KmsRefusal extends Error {
  readonly refusal: RefusalName

  constructor(refusal: RefusalName) {
    super(`the KMS double answers ${refusal}`)
    this.name = refusal
    this.refusal = refusal
  }
}
