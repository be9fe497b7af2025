// Devstack runs Offhours and everything it needs on one machine: a Temporal
// server with its web page, PostgreSQL, an OIDC provider, a folder for mails
// and one for exported files, and the product's own api and worker.
//
// It is for development, demonstrations and end-to-end tests. It trusts every
// local user: PostgreSQL asks for no password and the sign-in gives a token to
// whoever asks. Everything listens on 127.0.0.1 only.
//
// It is a Go module of its own because the Temporal server would double the
// module graph of the product. It imports nothing of the product and knows it
// only by its binaries, its environment variables and the accounts file.
//
// # Folder
//
// Everything is kept under --dir, from one run to the next:
//
//	devstack.lock   held while a devstack uses the folder
//	postgres/       data of PostgreSQL
//	temporal/       the SQLite file of the Temporal server
//	oidc/key.pem    signs tokens, so that a token outlives a restart
//	bucket/         exports and reports
//	mail/           mails the product would have sent
//	accounts.json   the demo accounts, with --demo
//	log/            one file for each part
//
// # Ending
//
// Ctrl-C and SIGTERM end the parts in order. On Linux nothing outlives a
// devstack that was killed with SIGKILL either: the kernel ends the children.
package main
