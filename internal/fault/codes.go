package fault

// The problem codes. They are part of the API: a code is never renamed and
// never changes its kind. docs/api.md lists them; a test holds the two equal.
var (
	ErrInternal          = New(Internal, "internal", "something went wrong on our side")
	ErrMalformed         = New(Malformed, "malformed", "the request cannot be read")
	ErrBadCursor         = New(Malformed, "bad_cursor", "the cursor is not one of ours")
	ErrUnauthenticated   = New(Unauthenticated, "unauthenticated", "a valid bearer token is required")
	ErrForbidden         = New(Forbidden, "forbidden", "this caller may not do this")
	ErrPurposeNeeded     = New(Forbidden, "purpose_required", "say what for in X-Purpose: this caller may do this only on record")
	ErrUnknownPurpose    = New(Invalid, "unknown_read_purpose", "X-Purpose is not one of the purposes that this service knows")
	ErrNotFound          = New(NotFound, "not_found", "there is no such resource")
	ErrNotAllowed        = New(NotAllowed, "method_not_allowed", "this resource has no such method")
	ErrVersion           = New(Conflict, "version_conflict", "the resource was changed by someone else")
	ErrTransition        = New(Conflict, "transition_not_allowed", "the status does not allow this")
	ErrEmailTaken        = New(Conflict, "email_taken", "another customer holds this e-mail address")
	ErrUserTaken         = New(Conflict, "user_taken", "another customer holds this user id")
	ErrExternalIDTaken   = New(Conflict, "external_id_taken", "another customer holds this external id")
	ErrClaimTaken        = New(Conflict, "claim_taken", "another customer holds this value")
	ErrInFlight          = New(Conflict, "request_in_flight", "a request with this idempotency key is still being handled")
	ErrErased            = New(Gone, "erased", "the customer was erased")
	ErrPrecondition      = New(Precondition, "precondition_failed", "the resource is not at the version in If-Match")
	ErrTooLarge          = New(TooLarge, "too_large", "the request body is too large")
	ErrUnsupported       = New(Unsupported, "unsupported_media_type", "send application/json")
	ErrInvalid           = New(Invalid, "invalid", "the request breaks a rule")
	ErrIdempotencyReuse  = New(Invalid, "idempotency_key_reused", "this idempotency key was used for another request")
	ErrNoVerification    = New(Conflict, "no_verification", "there is no verification to confirm; ask for a new code")
	ErrNoAddress         = New(Conflict, "nothing_to_verify", "the customer has no such address or number")
	ErrCodeExpired       = New(Conflict, "code_expired", "the code has expired; ask for a new one")
	ErrCodeWrong         = New(Invalid, "code_wrong", "the code is not right")
	ErrAttempts          = New(Conflict, "attempts_exhausted", "too many wrong codes; ask for a new one")
	ErrTooManyCodes      = New(TooMany, "too_many_codes", "too many codes were asked for or were wrong; try again later")
	ErrTooMany           = New(TooMany, "rate_limited", "too many requests")
	ErrUnavailable       = New(Unavailable, "unavailable", "a dependency is not available; try again")
	ErrKeyStore          = New(Unavailable, "key_store_unavailable", "the key store is not available; try again")
	ErrBehind            = New(Unavailable, "read_model_behind", "this instance is catching up; try again")
	ErrSegmentKeyTaken   = New(Conflict, "segment_key_taken", "another segment has this key")
	ErrSegmentBusy       = New(Conflict, "segment_calculating", "the version before is still being calculated; try again")
	ErrSegmentInUse      = New(Conflict, "segment_in_use", "other segments or saved searches ask for this one")
	ErrSegmentCycle      = New(Invalid, "segment_cycle", "a segment cannot depend on itself, nor through others")
	ErrSegmentNotStatic  = New(Conflict, "segment_not_static", "who is in this segment is a matter of its rule")
	ErrNoteIndexFull     = New(Unavailable, "note_index_full", "notes cannot be searched: their text does not fit into the memory that is set apart for it")
	ErrIndexOff          = New(Unavailable, "index_off", "this instance serves single customers only; ask another one")
	ErrIndexBudget       = New(Unavailable, "index_over_budget", "this instance has too little memory to know all customers; its log and metrics say what it needs")
	ErrOrderNotMade      = New(Unavailable, "order_not_made", "the order of names of the page before is being made again; try again")
	ErrSegmentNotDynamic = New(Conflict, "segment_not_dynamic", "this segment has no rule: its members come in by hand")
	ErrNotYours          = New(Conflict, "not_yours", "only who saved it changes it")
	ErrTooManySegments   = New(Conflict, "too_many_segments", "there are as many segments as there may be")
	ErrNoLetter          = New(NotFound, "no_dead_letter", "there is no such dead letter")
	ErrLetterOver        = New(Gone, "dead_letter_over", "the dead letter can no longer be read")
	ErrRelayForeign      = New(Conflict, "relay_foreign_lineage", "the stream was filled from another log; reset the relay")
	ErrRelayAhead        = New(Conflict, "relay_stream_ahead", "the stream is ahead of the log; reset the relay")
	ErrRelayInOrder      = New(Conflict, "relay_in_order", "the stream is a copy of this log; there is nothing to reset")
	ErrBroker            = New(Internal, "broker_misconfigured", "the broker is not configured as declared")
	ErrLinkOver          = New(Gone, "link_over", "the link has expired, was revoked, or is of an address that the customer has no more")
	ErrUnknownCustomer   = New(Conflict, "unknown_customer", "there is no such customer yet; it is applied when there is")
	ErrNoPublicURL       = New(Unavailable, "no_public_url", "the service was not told where customers reach it")
	ErrFull              = New(Full, "storage_full", "there is no space left to record the change")
)

// Codes lists every fault above, for the documentation and its test.
func Codes() []*Error {
	return []*Error{
		ErrInternal, ErrMalformed, ErrBadCursor, ErrUnauthenticated, ErrForbidden, ErrPurposeNeeded, ErrUnknownPurpose, ErrNotFound, ErrNotAllowed,
		ErrVersion, ErrTransition, ErrEmailTaken, ErrUserTaken, ErrExternalIDTaken, ErrClaimTaken, ErrInFlight,
		ErrErased, ErrPrecondition, ErrTooLarge, ErrUnsupported, ErrInvalid, ErrIdempotencyReuse,
		ErrNoVerification, ErrNoAddress, ErrCodeExpired, ErrCodeWrong, ErrAttempts,
		ErrTooManyCodes, ErrTooMany, ErrUnavailable, ErrKeyStore, ErrBehind,
		ErrSegmentKeyTaken, ErrSegmentBusy, ErrSegmentInUse, ErrSegmentCycle, ErrSegmentNotStatic, ErrSegmentNotDynamic, ErrIndexOff, ErrIndexBudget, ErrOrderNotMade, ErrNotYours, ErrTooManySegments,
		ErrNoLetter, ErrLetterOver, ErrRelayForeign, ErrRelayAhead, ErrRelayInOrder, ErrBroker, ErrLinkOver, ErrUnknownCustomer, ErrNoteIndexFull, ErrNoPublicURL, ErrFull,
	}
}
