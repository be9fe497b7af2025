/** The browser reads a saved blob at its leisure, so its address stays good for a while. */
const kept = 60_000

/** Hands a file to the browser, which saves it among the downloads. */
export function save(name: string, content: Blob) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), kept)
}
