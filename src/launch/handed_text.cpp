#include "launch/handed_text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace shelcaster::launch {

base::Result<base::UniqueFd> make_handed_text(const char* name, std::string_view text) {
  if (text.size() > kHandedTextBytesMax) {
    return base::fail(fmt::format("{}: {} bytes are too long to be handed over; at most {}", name,
                                  text.size(), kHandedTextBytesMax));
  }
  base::UniqueFd fd(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) !=
          0) {
    return base::fail(fmt::format("{}: can't be handed over: {}", name, std::strerror(errno)));
  }
  return fd;
}

base::Result<std::string> read_handed_text(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return base::fail(fmt::format("descriptor {}: {}", fd, std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) return base::fail(fmt::format("descriptor {}: is no file", fd));
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > kHandedTextBytesMax) {
    return base::fail(fmt::format("descriptor {}: has {} bytes; at most {} are read", fd, size,
                                  kHandedTextBytesMax));
  }
  // From its beginning: others have read by the same place in the file.
  std::string text(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t more = ::pread(fd, text.data() + got, size - got, static_cast<off_t>(got));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return base::fail(fmt::format("descriptor {}: {}", fd, std::strerror(errno)));
    if (more == 0) break;
    got += static_cast<std::size_t>(more);
  }
  text.resize(got);
  return text;
}

}  // namespace shelcaster::launch
