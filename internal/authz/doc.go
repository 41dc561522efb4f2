// Package authz answers two questions: who is calling, and what may they do?
//
// Who: [Verifier] turns a bearer token into a [Principal]. A token is a signed
// JWT (RFC 7519, profile RFC 9068, advice RFC 8725) of one configured issuer.
// Its keys come from the issuer's discovery document, or, where no issuer is
// configured, from the [DevIssuer], which is this program signing for itself.
// Both kinds go through the same checks; only the source of the keys differs.
//
// What: [Policy] holds Cedar policies (policies/*.cedar), which deny whatever
// they do not permit. It decides over operations ([Action], one for each
// operation of the API), over the relation of the caller to the customer
// ([Relation]), and over the groups of fields that may be shown ([FieldMask]).
//
// What is not promised here: authz does not know which customer a userId
// belongs to, records no access, and limits no rate. It never logs, and no
// error or printed value of it holds a token, a claim or a subject.
package authz
