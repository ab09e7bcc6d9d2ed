#include "app/serve/multipart.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "base/unique_fd.hpp"

namespace shelcaster::app {
namespace {

constexpr std::size_t kPartHeadBytesMax = 16 * 1024;
constexpr int kPartsMax = 32;

// The body as text, mapped: a search through it costs no memory of ours.
class Mapping {
 public:
  explicit Mapping(const std::filesystem::path& path) {
    const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0 || status.st_size <= 0) return;
    size_ = static_cast<std::size_t>(status.st_size);
    memory_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (memory_ != MAP_FAILED) ::munmap(memory_, size_);
  }
  [[nodiscard]] std::string_view text() const {
    return memory_ == MAP_FAILED ? std::string_view()
                                 : std::string_view(static_cast<const char*>(memory_), size_);
  }

 private:
  void* memory_ = MAP_FAILED;
  std::size_t size_ = 0;
};

std::size_t find(std::string_view text, std::string_view wanted) {
  if (text.empty()) return text.npos;
  const void* at = ::memmem(text.data(), text.size(), wanted.data(), wanted.size());
  return at == nullptr ? text.npos
                       : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

std::string boundary_of(std::string_view content_type) {
  const std::size_t at = content_type.find("boundary=");
  if (at == content_type.npos) return {};
  std::string_view value = content_type.substr(at + 9);
  if (value.starts_with('"')) {
    value.remove_prefix(1);
    return std::string(value.substr(0, value.find('"')));
  }
  return std::string(value.substr(0, value.find_first_of("; \t")));
}

std::optional<std::string_view> file_part(std::string_view body, const std::string& boundary) {
  const std::string opening = "--" + boundary;
  const std::string delimiter = "\r\n--" + boundary;
  std::size_t at = find(body, opening);
  if (at == body.npos) return std::nullopt;
  body.remove_prefix(at + opening.size());
  for (int i = 0; i < kPartsMax && body.starts_with("\r\n"); ++i) {
    body.remove_prefix(2);
    const std::size_t head_end = find(body.substr(0, kPartHeadBytesMax), "\r\n\r\n");
    if (head_end == body.npos) return std::nullopt;
    const std::string_view head = body.substr(0, head_end);
    body.remove_prefix(head_end + 4);
    at = find(body, delimiter);
    if (at == body.npos) return std::nullopt;
    if (head.find("filename=") != head.npos || head.find("filename*=") != head.npos) {
      return body.substr(0, at);
    }
    body.remove_prefix(at + delimiter.size());
  }
  return std::nullopt;
}

base::Result<void> write_file(const std::filesystem::path& path, std::string_view content) {
  const base::UniqueFd out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  while (out && !content.empty()) {
    const ssize_t put = ::write(out.get(), content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) break;
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  if (out && content.empty()) return {};
  return base::fail(fmt::format("the upload can't be stored: {}", std::strerror(errno)));
}

}  // namespace

base::Result<void> unpack_multipart(const std::filesystem::path& body,
                                    std::string_view content_type) {
  const std::string boundary = boundary_of(content_type);
  if (boundary.empty() || boundary.size() > 70) {
    return base::fail("the upload's multipart/form-data names no boundary");
  }
  std::filesystem::path part = body;
  part += ".part";
  {
    const Mapping mapping(body);
    const auto content = file_part(mapping.text(), boundary);
    if (!content) return base::fail("the upload's multipart/form-data has no file in it");
    if (auto written = write_file(part, *content); !written) return written;
  }
  std::error_code failed;
  std::filesystem::rename(part, body, failed);
  if (failed) return base::fail(failed.message());
  return {};
}

}  // namespace shelcaster::app
