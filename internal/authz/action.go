package authz

import "slices"

// Action names one operation of the API: its operationId and its Cedar action
// are the same word. An action that is not listed here is denied to everybody.
// Operations that need no token (livez, readyz, metrics, openapi, docs) are not
// actions.
type Action string

// The operations.
const (
	RegisterCustomer           Action = "registerCustomer"
	BatchRegisterCustomers     Action = "batchRegisterCustomers"
	LookupCustomer             Action = "lookupCustomer"
	GetCustomer                Action = "getCustomer"
	GetCustomerAsOf            Action = "getCustomerAsOf"
	GetMe                      Action = "getMe"
	PatchCustomer              Action = "patchCustomer"
	ClassifyCustomer           Action = "classifyCustomer" // within patchCustomer: external ids, type and tags
	PatchProfile               Action = "patchProfile"
	PatchContact               Action = "patchContact"
	RequestEmailVerification   Action = "requestEmailVerification"
	ConfirmEmailVerification   Action = "confirmEmailVerification"
	RequestPhoneVerification   Action = "requestPhoneVerification"
	ConfirmPhoneVerification   Action = "confirmPhoneVerification"
	ActivateCustomer           Action = "activateCustomer"
	DeactivateCustomer         Action = "deactivateCustomer"
	ArchiveCustomer            Action = "archiveCustomer"
	GetCompleteness            Action = "getCompleteness"
	GetHistory                 Action = "getHistory"
	GetTimeline                Action = "getTimeline"
	StreamTimeline             Action = "streamTimeline"
	GetAccessLog               Action = "getAccessLog"
	GetReaders                 Action = "getReaders"
	GetVerificationDelivery    Action = "getVerificationDelivery"
	GetStatistics              Action = "getStatistics"
	ListAddresses              Action = "listAddresses"
	AddAddress                 Action = "addAddress"
	PatchAddress               Action = "patchAddress"
	RemoveAddress              Action = "removeAddress"
	SetDefaultAddress          Action = "setDefaultAddress"
	GetAddressVersion          Action = "getAddressVersion"
	ValidateAddress            Action = "validateAddress"
	GetAddressFormat           Action = "getAddressFormat"
	RevalidateAddresses        Action = "revalidateAddresses"
	GetPreferences             Action = "getPreferences"
	GetPreferencesSection      Action = "getPreferencesSection"
	PatchPreferences           Action = "patchPreferences"
	PatchCommunication         Action = "patchCommunicationPreferences"
	PatchTopics                Action = "patchTopicPreferences"
	PatchNotifications         Action = "patchNotificationPreferences"
	PatchPrivacy               Action = "patchPrivacyPreferences"
	PatchDisplay               Action = "patchDisplayPreferences"
	ListConsents               Action = "listConsents"
	RequestConsent             Action = "requestConsent"
	GrantConsent               Action = "grantConsent"
	DenyConsent                Action = "denyConsent"
	RevokeConsent              Action = "revokeConsent"
	BatchRecordConsents        Action = "batchRecordConsents"
	ExportConsents             Action = "exportConsents"
	GetConsentHistory          Action = "getConsentHistory"
	GetConsentReceipt          Action = "getConsentReceipt"
	ListPurposes               Action = "listPurposes"
	DecideContact              Action = "decideContact"
	BatchDecideContact         Action = "batchDecideContact"
	ReportMessage              Action = "reportMessage"
	BatchReportMessages        Action = "batchReportMessages"
	ListSuppressions           Action = "listSuppressions"
	LiftSuppression            Action = "liftSuppression"
	CreatePreferenceLink       Action = "createPreferenceLink"
	BatchCreatePreferenceLinks Action = "batchCreatePreferenceLinks"
	RevokePreferenceLinks      Action = "revokePreferenceLinks"
	GetContext                 Action = "getContext"
	GetOrderContext            Action = "getOrderContext"        // within getContext: ?for=order
	GetCartContext             Action = "getCartContext"         // ?for=cart
	GetNotificationContext     Action = "getNotificationContext" // ?for=notifications
	BatchGetContext            Action = "batchGetContext"
	RecordActivity             Action = "recordActivity"
	BatchRecordActivities      Action = "batchRecordActivities"
	GetActivity                Action = "getActivity"
	ListNotes                  Action = "listNotes"
	AddNote                    Action = "addNote"
	PatchNote                  Action = "patchNote"
	DeleteNote                 Action = "deleteNote"
	GetNoteHistory             Action = "getNoteHistory"
	SearchNotes                Action = "searchNotes"
	SearchCustomers            Action = "searchCustomers"
	ExportSearch               Action = "exportSearch"
	ListSavedSearches          Action = "listSavedSearches"
	SaveSearch                 Action = "saveSearch"
	GetSavedSearch             Action = "getSavedSearch"
	ReplaceSavedSearch         Action = "replaceSavedSearch"
	DeleteSavedSearch          Action = "deleteSavedSearch"
	ListSegments               Action = "listSegments"
	CreateSegment              Action = "createSegment"
	GetSegment                 Action = "getSegment"
	PatchSegment               Action = "patchSegment"
	DeleteSegment              Action = "deleteSegment"
	PreviewSegment             Action = "previewSegment"
	RecomputeSegment           Action = "recomputeSegment"
	OverlapSegments            Action = "overlapSegments"
	ListSegmentMembers         Action = "listSegmentMembers"
	ChangeSegmentMembers       Action = "changeSegmentMembers"
	LoadSegmentMembers         Action = "loadSegmentMembers"
	GetSegmentMember           Action = "getSegmentMember"
	AddSegmentMember           Action = "addSegmentMember"
	RemoveSegmentMember        Action = "removeSegmentMember"
	GetSegmentHistory          Action = "getSegmentHistory"
	ListSegmentVersions        Action = "listSegmentVersions"
	GetCustomerSegments        Action = "getCustomerSegments"
	ListDeadLetters            Action = "listDeadLetters"
	ShowDeadLetter             Action = "showDeadLetter"
	ReplayDeadLetter           Action = "replayDeadLetter"
	VerifyStore                Action = "verifyStore"
	RebuildSnapshots           Action = "rebuildSnapshots"
	ResetRelay                 Action = "resetRelay"
)

var actions = []Action{
	RegisterCustomer, BatchRegisterCustomers, LookupCustomer,
	GetCustomer, GetCustomerAsOf, GetMe,
	PatchCustomer, ClassifyCustomer, PatchProfile, PatchContact,
	RequestEmailVerification, ConfirmEmailVerification, RequestPhoneVerification, ConfirmPhoneVerification,
	ActivateCustomer, DeactivateCustomer, ArchiveCustomer,
	GetCompleteness, GetHistory, GetTimeline, StreamTimeline, GetAccessLog, GetReaders, GetVerificationDelivery, GetStatistics,
	ListAddresses, AddAddress, PatchAddress, RemoveAddress, SetDefaultAddress, GetAddressVersion,
	ValidateAddress, GetAddressFormat, RevalidateAddresses,
	GetPreferences, GetPreferencesSection,
	PatchPreferences, PatchCommunication, PatchTopics, PatchNotifications, PatchPrivacy, PatchDisplay,
	ListConsents, RequestConsent, GrantConsent, DenyConsent, RevokeConsent, BatchRecordConsents, ExportConsents, GetConsentHistory, GetConsentReceipt, ListPurposes, DecideContact, BatchDecideContact,
	ReportMessage, BatchReportMessages, ListSuppressions, LiftSuppression,
	CreatePreferenceLink, BatchCreatePreferenceLinks, RevokePreferenceLinks,
	GetContext, GetOrderContext, GetCartContext, GetNotificationContext, BatchGetContext,
	RecordActivity, BatchRecordActivities, GetActivity,
	ListNotes, AddNote, PatchNote, DeleteNote, GetNoteHistory, SearchNotes,
	SearchCustomers, ExportSearch, ListSavedSearches, SaveSearch, GetSavedSearch, ReplaceSavedSearch, DeleteSavedSearch,
	ListSegments, CreateSegment, GetSegment, PatchSegment, DeleteSegment, PreviewSegment, RecomputeSegment, OverlapSegments,
	ListSegmentMembers, ChangeSegmentMembers, LoadSegmentMembers, GetSegmentMember, AddSegmentMember, RemoveSegmentMember, GetSegmentHistory, ListSegmentVersions, GetCustomerSegments,
	ListDeadLetters, ShowDeadLetter, ReplayDeadLetter, VerifyStore, RebuildSnapshots, ResetRelay,
}

var actionIndex = func() map[Action]int {
	index := make(map[Action]int, len(actions))
	for i, a := range actions {
		index[a] = i
	}
	return index
}()

// Actions lists every action, for the test that holds the API's operations and
// this list equal.
func Actions() []Action { return slices.Clone(actions) }
