package archivetest

// Disk is a small file system.
type Disk struct{ Folder string }
