// Package trust tries the whole program from outside, as its users and its
// enemies meet it: the built binary, real files, real sockets, SIGKILL, a full
// disk, a disk that fails, a thief of every file.
//
// Each test says what is promised and breaks the promise on purpose as well:
// its checker has to notice (the negative control). The counts are reduced;
// SOAK=1 (make soak) runs the full ones.
//
// Below are the tools: service runs the program, cluster runs PostgreSQL,
// syscalls reads strace's logs, scan looks for people in files, people makes
// them up.
package trust
