#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "app/upload/multipart.hpp"
#include "base/unique_fd.hpp"

// The first line is the Content-Type, the rest the spooled body. What is found lies within it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string type = text.substr(0, end);
  const std::string body = text.substr(std::min(end + 1, text.size()));
  const base::UniqueFd file(memfd_create("fuzz", MFD_CLOEXEC));
  if (!file || write(file.get(), body.data(), body.size()) != static_cast<ssize_t>(body.size())) {
    std::abort();
  }
  (void)app::peek_file_name(file.get(), type);
  const auto part = app::find_file_part(file.get(), type);
  if (!part) return 0;
  if (part->begin < 0 || part->size < 0 ||
      part->begin + part->size > static_cast<std::int64_t>(body.size())) {
    std::abort();
  }
  return 0;
}
