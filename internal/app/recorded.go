package app

import "github.com/acme/customers/internal/authz"

// aCustomer are the groups of the customer resource.
var aCustomer = only(authz.FieldIdentity, authz.FieldName, authz.FieldContact, authz.FieldUserID, authz.FieldExternalIDs, authz.FieldDemographics,
	authz.FieldDateOfBirth, authz.FieldAttributes, authz.FieldTags, authz.FieldCompleteness, authz.FieldActivity)

// found are the groups that a search shows.
var found = only(authz.FieldIdentity, authz.FieldName, authz.FieldContact, authz.FieldExternalIDs, authz.FieldAddresses, authz.FieldTags, authz.FieldActivity)

func only(groups ...authz.Field) (m authz.FieldMask) {
	for _, g := range groups {
		m |= 1 << g
	}
	return m
}

// answers are the groups that the answer to an operation can have, so that what
// is on record is what was shown and not all that the caller may see. An
// operation that is missing may show all of it: too much is on record rather
// than too little.
var answers = map[authz.Action]authz.FieldMask{
	authz.GetCustomer: aCustomer, authz.GetCustomerAsOf: aCustomer, authz.GetMe: aCustomer, authz.LookupCustomer: aCustomer, authz.BatchRegisterCustomers: aCustomer,
	authz.PatchCustomer: aCustomer, authz.ClassifyCustomer: aCustomer, authz.PatchProfile: aCustomer, authz.PatchContact: aCustomer,
	authz.ConfirmEmailVerification: aCustomer, authz.ConfirmPhoneVerification: aCustomer,
	authz.ActivateCustomer: aCustomer, authz.DeactivateCustomer: aCustomer, authz.ArchiveCustomer: aCustomer,
	authz.GetCompleteness: only(authz.FieldIdentity, authz.FieldCompleteness),
	authz.GetActivity:     only(authz.FieldIdentity, authz.FieldActivity),
	authz.GetHistory:      aCustomer | only(authz.FieldAddresses, authz.FieldPreferences, authz.FieldHistoryActor),
	authz.GetAccessLog:    only(authz.FieldIdentity, authz.FieldHistoryActor),
	authz.ListAddresses:   only(authz.FieldIdentity, authz.FieldAddresses), authz.GetAddressVersion: only(authz.FieldIdentity, authz.FieldAddresses),
	authz.AddAddress: only(authz.FieldIdentity, authz.FieldAddresses), authz.PatchAddress: only(authz.FieldIdentity, authz.FieldAddresses),
	authz.RemoveAddress: only(authz.FieldIdentity, authz.FieldAddresses), authz.SetDefaultAddress: only(authz.FieldIdentity, authz.FieldAddresses),
	authz.GetPreferences: only(authz.FieldIdentity, authz.FieldPreferences), authz.GetPreferencesSection: only(authz.FieldIdentity, authz.FieldPreferences),
	authz.ListConsents: only(authz.FieldIdentity, authz.FieldConsents), authz.GetConsentHistory: only(authz.FieldIdentity, authz.FieldConsents, authz.FieldHistoryActor),
	authz.GetConsentReceipt: only(authz.FieldIdentity, authz.FieldConsents),
	authz.DecideContact:     only(authz.FieldIdentity, authz.FieldPreferences, authz.FieldConsents), authz.BatchDecideContact: only(authz.FieldIdentity, authz.FieldPreferences, authz.FieldConsents),
	authz.ListNotes: only(authz.FieldIdentity, authz.FieldNotes, authz.FieldHistoryActor), authz.GetNoteHistory: only(authz.FieldIdentity, authz.FieldNotes, authz.FieldHistoryActor),
	authz.AddNote: only(authz.FieldIdentity, authz.FieldNotes, authz.FieldHistoryActor), authz.PatchNote: only(authz.FieldIdentity, authz.FieldNotes, authz.FieldHistoryActor),
	authz.SearchCustomers: found, authz.ExportSearch: found,
	authz.LoadSegmentMembers: only(authz.FieldIdentity, authz.FieldContact, authz.FieldUserID, authz.FieldExternalIDs),
	authz.SearchNotes:        only(authz.FieldIdentity, authz.FieldName, authz.FieldNotes, authz.FieldHistoryActor),
	authz.PreviewSegment:     only(authz.FieldSegments), authz.ListSegmentMembers: only(authz.FieldSegments), authz.GetCustomerSegments: only(authz.FieldIdentity, authz.FieldSegments),
	authz.GetOrderContext:        aCustomer | only(authz.FieldAddresses),
	authz.GetCartContext:         aCustomer | only(authz.FieldAddresses, authz.FieldPreferences),
	authz.GetNotificationContext: aCustomer | only(authz.FieldPreferences, authz.FieldConsents),
}

// shownBy is the part of a mask that an operation's answer can have.
func shownBy(action authz.Action, mask authz.FieldMask) authz.FieldMask {
	if groups, ok := answers[action]; ok {
		return mask & groups
	}
	return mask
}
