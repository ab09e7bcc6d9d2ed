#include "app/upload/multipart.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/percent.hpp"
#include "base/utf8.hpp"

namespace shelcaster::app {
namespace {

constexpr std::size_t kPartHeadBytesMax = 16 * 1024;
constexpr std::size_t kBoundaryBytesMax = 70;  // RFC 2046 §5.1.1
constexpr std::size_t kPeekBytes = 64 * 1024;
constexpr std::size_t kPieceBytes = 1024 * 1024;
constexpr int kPartsMax = 32;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The end of a quoted text that begins at 0, behind its closing quote. Browsers write a quote
/// within it as %22, other clients as \".
std::size_t quoted_end(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '"') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

std::string unquoted(std::string_view text) {
  if (!text.starts_with('"')) return std::string(trimmed(text));
  text.remove_prefix(1);
  if (text.ends_with('"')) text.remove_suffix(1);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '"') ++i;
    out += text[i];
  }
  return out;
}

/// The value of `name` among "; name=value" parameters.
std::optional<std::string> parameter(std::string_view text, std::string_view name) {
  std::size_t at = text.find(';');
  while (at < text.size()) {
    text.remove_prefix(at + 1);
    const std::size_t equals = text.find_first_of("=;");
    if (equals == text.npos || text[equals] == ';') {
      at = equals;
      continue;
    }
    const std::string_view key = trimmed(text.substr(0, equals));
    text.remove_prefix(equals + 1);
    while (text.starts_with(' ')) text.remove_prefix(1);
    const std::size_t end =
        text.starts_with('"') ? quoted_end(text) : std::min(text.find(';'), text.size());
    if (same_word(key, name)) return unquoted(text.substr(0, end));
    at = text.find(';', end);
  }
  return std::nullopt;
}

std::string from_latin1(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80U) {
      out += c;
    } else {
      out += static_cast<char>(0xc0U | byte >> 6U);
      out += static_cast<char>(0x80U | (byte & 0x3fU));
    }
  }
  return out;
}

/// RFC 8187's UTF-8'en'%c3%a4; nothing when it is malformed or of another encoding.
std::optional<std::string> extended_value(std::string_view text) {
  const std::size_t charset_end = text.find('\'');
  const std::size_t language_end =
      charset_end == text.npos ? text.npos : text.find('\'', charset_end + 1);
  if (language_end == text.npos) return std::nullopt;
  const std::string_view charset = text.substr(0, charset_end);
  const std::string bytes = base::percent_decoded(text.substr(language_end + 1));
  if (same_word(charset, "ISO-8859-1")) return from_latin1(bytes);
  if (!same_word(charset, "UTF-8") || !base::is_utf8(bytes)) return std::nullopt;
  return bytes;
}

/// The file's name in a part's head; nothing when the part is no file.
std::optional<std::string> file_name_in(std::string_view head) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == line.npos || !same_word(trimmed(line.substr(0, colon)), "content-disposition")) {
      continue;
    }
    if (const auto extended = parameter(line, "filename*")) {
      if (auto name = extended_value(*extended)) return name;
    }
    auto name = parameter(line, "filename");
    if (!name) continue;
    // What browsers escape, and only that: a name may have a % of its own.
    for (const auto& [written, meant] : {std::pair{"%22", "\""}, {"%0D", ""}, {"%0A", " "}}) {
      for (std::size_t at = 0; (at = name->find(written, at)) != name->npos;) {
        name->replace(at, 3, meant);
      }
    }
    return base::is_utf8(*name) ? *name : from_latin1(*name);
  }
  return std::nullopt;
}

std::string boundary_of(std::string_view content_type) {
  const std::string boundary = parameter(content_type, "boundary").value_or("");
  return boundary.size() <= kBoundaryBytesMax ? boundary : std::string();
}

/// A body that is read forward, in pieces.
class BodyScan {
 public:
  explicit BodyScan(int fd) : fd_(fd) {}

  [[nodiscard]] std::int64_t at() const { return at_; }
  [[nodiscard]] std::string_view text() const { return std::string_view(buffer_).substr(taken_); }
  void take(std::size_t size) {
    taken_ += size;
    at_ += static_cast<std::int64_t>(size);
  }
  /// False at the end of the body.
  bool read_more() {
    buffer_.erase(0, std::exchange(taken_, 0));
    const std::size_t before = buffer_.size();
    buffer_.resize(before + kPieceBytes);
    ssize_t got = 0;
    do {
      got = ::pread(fd_, buffer_.data() + before, kPieceBytes,
                    static_cast<off_t>(at_ + static_cast<std::int64_t>(before)));
    } while (got < 0 && errno == EINTR);
    buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return got > 0;
  }
  /// Has at least so many bytes in text(), if the body has.
  bool fill(std::size_t size) {
    while (text().size() < size) {
      if (!read_more()) return false;
    }
    return true;
  }
  /// Takes all up to the next `wanted` and that too; how much stood before it.
  std::optional<std::int64_t> take_through(std::string_view wanted) {
    const std::int64_t from = at_;
    for (;;) {
      const void* found = ::memmem(text().data(), text().size(), wanted.data(), wanted.size());
      if (found != nullptr) {
        take(static_cast<std::size_t>(static_cast<const char*>(found) - text().data()));
        const std::int64_t before = at_ - from;
        take(wanted.size());
        return before;
      }
      // Its beginning may stand at the end of what is read.
      take(text().size() - std::min(text().size(), wanted.size() - 1));
      if (!read_more()) return std::nullopt;
    }
  }

 private:
  const int fd_;
  std::int64_t at_ = 0;
  std::string buffer_;
  std::size_t taken_ = 0;
};

}  // namespace

bool is_multipart(std::string_view content_type) {
  return same_word(trimmed(content_type.substr(0, content_type.find(';'))), "multipart/form-data");
}

base::Result<FilePart> find_file_part(int fd, std::string_view content_type) {
  const std::string boundary = boundary_of(content_type);
  if (boundary.empty()) return base::fail("the upload's multipart/form-data names no boundary");
  const base::Error none{"the upload's multipart/form-data has no file in it"};
  const std::string delimiter = "\r\n--" + boundary;
  BodyScan scan(fd);
  if (!scan.take_through(delimiter.substr(2))) return tl::unexpected(none);
  for (int i = 0; i < kPartsMax; ++i) {
    if (!scan.fill(2) || !scan.text().starts_with("\r\n")) break;
    scan.take(2);
    (void)scan.fill(kPartHeadBytesMax);
    const std::size_t head_end = scan.text().substr(0, kPartHeadBytesMax).find("\r\n\r\n");
    if (head_end == std::string_view::npos) break;
    const auto name = file_name_in(scan.text().substr(0, head_end));
    scan.take(head_end + 4);
    const std::int64_t begin = scan.at();
    const auto size = scan.take_through(delimiter);
    if (!size) break;
    if (name) return FilePart{.begin = begin, .size = *size, .file_name = *name};
  }
  return tl::unexpected(none);
}

std::optional<std::string> peek_file_name(int fd, std::string_view content_type) {
  const std::string boundary = boundary_of(content_type);
  if (boundary.empty()) return std::nullopt;
  std::vector<char> bytes(kPeekBytes);
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), 0);
  std::string_view text(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  for (int i = 0; i < kPartsMax; ++i) {
    const std::size_t at = text.find("--" + boundary + "\r\n");
    if (at == text.npos) return std::nullopt;
    text.remove_prefix(at + boundary.size() + 4);
    const std::size_t head_end = text.substr(0, kPartHeadBytesMax).find("\r\n\r\n");
    if (head_end == text.npos) return std::nullopt;
    if (auto name = file_name_in(text.substr(0, head_end))) return name;
    text.remove_prefix(head_end + 4);
  }
  return std::nullopt;
}

}  // namespace shelcaster::app
