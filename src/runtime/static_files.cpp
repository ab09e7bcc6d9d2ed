#include "runtime/static_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace shelcaster::runtime {
namespace {

std::string_view content_type(std::string_view path) {
  struct Type {
    std::string_view suffix, type;
  };
  static constexpr std::array kTypes{Type{".html", "text/html; charset=utf-8"},
                                     Type{".js", "text/javascript; charset=utf-8"},
                                     Type{".css", "text/css; charset=utf-8"},
                                     Type{".json", "application/json"},
                                     Type{".map", "application/json"},
                                     Type{".svg", "image/svg+xml"},
                                     Type{".png", "image/png"},
                                     Type{".jpg", "image/jpeg"},
                                     Type{".ico", "image/x-icon"},
                                     Type{".woff2", "font/woff2"},
                                     Type{".webmanifest", "application/manifest+json"},
                                     Type{".txt", "text/plain; charset=utf-8"},
                                     Type{".yaml", "application/yaml"},
                                     Type{".m3u8", "application/vnd.apple.mpegurl"},
                                     Type{".m4s", "audio/mp4"},
                                     Type{".mp4", "audio/mp4"},
                                     Type{".wav", "audio/wav"},
                                     Type{".flac", "audio/flac"},
                                     Type{".aac", "audio/aac"},
                                     Type{".cue", "application/x-cue"},
                                     Type{".jsonl", "application/jsonl"}};
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const Type& t) { return path.ends_with(t.suffix); });
  return found != kTypes.end() ? found->type : "application/octet-stream";
}

HttpResponse not_found() { return problem_response(404, "there is nothing here"); }

// Opens "a/b/c" below `root` segment by segment; anything but plain names of folders and one
// regular file is "not there".
base::UniqueFd open_below(const std::filesystem::path& root, std::string_view path) {
  base::UniqueFd at(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  while (at) {
    const std::size_t slash = path.find('/');
    const std::string name(path.substr(0, slash));
    // Names that begin with a dot cover "." and ".." and hide what is being written.
    if (name.empty() || name.front() == '.') return {};
    const bool is_last = slash == path.npos;
    const int flags = is_last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY;
    base::UniqueFd next(::openat(at.get(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
    at = std::move(next);
    if (is_last) return at;
    path.remove_prefix(slash + 1);
  }
  return {};
}

struct Coding {
  std::string_view name, suffix;
};
// The better one first. Both are made when the pages are built.
constexpr std::array kCodings{Coding{"br", ".br"}, Coding{"gzip", ".gz"}};

/// Whether Accept-Encoding has the coding, with a weight other than 0.
bool accepts(std::string_view header, std::string_view coding) {
  while (!header.empty()) {
    std::string_view one = header.substr(0, header.find(','));
    header.remove_prefix(std::min(one.size() + 1, header.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (!one.starts_with(coding)) continue;
    one.remove_prefix(coding.size());
    const std::size_t weight = one.find("q=");
    if (weight == one.npos) {
      if (one.empty() || one.front() == ' ' || one.front() == ';') return true;
      continue;
    }
    return one.find_first_of("123456789", weight) != one.npos;
  }
  return false;
}

/// Puts the compressed file that the client takes in the place of `file`, and gives its coding.
std::string_view take_coded(const std::filesystem::path& root, const std::string& path,
                            std::string_view accepted, base::UniqueFd& file, struct stat& status) {
  for (const Coding& coding : kCodings) {
    if (!accepts(accepted, coding.name)) continue;
    base::UniqueFd coded = open_below(root, path + std::string(coding.suffix));
    struct stat found {};
    if (!coded || ::fstat(coded.get(), &found) != 0 || !S_ISREG(found.st_mode)) continue;
    file = std::move(coded);
    status = found;
    return coding.name;
  }
  return {};
}

bool is_coded(const std::filesystem::path& root, const std::string& path) {
  return static_cast<bool>(open_below(root, path + std::string(kCodings.back().suffix)));
}

struct Range {
  std::uint64_t first = 0, last = 0;  // inclusive
};
enum class RangeKind { kWhole, kPart, kNotSatisfiable };

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A header that isn't understood, and several ranges at once, mean the whole file (RFC 9110 14.2).
RangeKind parse_range(std::string_view header, std::uint64_t size, Range& range) {
  static constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return RangeKind::kWhole;
  header.remove_prefix(kUnit.size());
  const std::size_t dash = header.find('-');
  if (dash == header.npos || header.find(',') != header.npos) return RangeKind::kWhole;
  const std::string_view left = header.substr(0, dash);
  const std::string_view right = header.substr(dash + 1);
  if (left.empty()) {
    const auto length = number(right);
    if (!length) return RangeKind::kWhole;
    if (*length == 0 || size == 0) return RangeKind::kNotSatisfiable;
    range = {.first = size - std::min(*length, size), .last = size - 1};
    return RangeKind::kPart;
  }
  const auto first = number(left);
  const auto last = right.empty() ? std::optional<std::uint64_t>(UINT64_MAX) : number(right);
  if (!first || !last || *last < *first) return RangeKind::kWhole;
  if (*first >= size) return RangeKind::kNotSatisfiable;
  range = {.first = *first, .last = std::min(*last, size - 1)};
  return RangeKind::kPart;
}

}  // namespace

std::optional<std::string> read_below(const std::filesystem::path& root, std::string_view path,
                                      std::size_t bytes_max) {
  const base::UniqueFd file = open_below(root, path);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  std::string text(std::min(bytes_max, static_cast<std::size_t>(status.st_size)), '\0');
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), 0);
  if (got < 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(got));
  return text;
}

HttpResponse StaticFiles::get(std::string_view encoded, const HttpHeaders& request) const {
  const std::optional<std::string> path = percent_decode(encoded);
  if (!path) return problem_response(400, "the path is not well-formed");
  base::UniqueFd file = open_below(root_, *path);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return not_found();

  HttpResponse response;
  response.headers = {{"Content-Type", std::string(content_type(*path))},
                      {"X-Content-Type-Options", "nosniff"}};
  std::string_view coding;
  if (find_header(request, "range").empty()) {
    coding = take_coded(root_, *path, find_header(request, "accept-encoding"), file, status);
  }
  if (!coding.empty()) response.headers.emplace_back("Content-Encoding", std::string(coding));
  if (!coding.empty() || is_coded(root_, *path)) {
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::string etag = fmt::format("\"{:x}-{:x}{:08x}{}{}\"", size, status.st_mtim.tv_sec,
                                       status.st_mtim.tv_nsec, coding.empty() ? "" : "-", coding);
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Accept-Ranges", "bytes");
  if (const auto known = find_header(request, "if-none-match");
      !known.empty() && (known == "*" || known.find(etag) != known.npos)) {
    response.status = 304;
    return response;
  }
  Range range{.first = 0, .last = size - 1};
  const auto if_range = find_header(request, "if-range");
  const auto wanted =
      if_range.empty() || if_range == etag ? find_header(request, "range") : std::string_view();
  switch (parse_range(wanted, size, range)) {
    case RangeKind::kNotSatisfiable:
      response.status = 416;
      response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
      return response;
    case RangeKind::kPart:
      response.status = 206;
      response.headers.emplace_back("Content-Range",
                                    fmt::format("bytes {}-{}/{}", range.first, range.last, size));
      break;
    case RangeKind::kWhole:
      break;
  }
  response.file = FileSlice{.fd = std::make_shared<base::UniqueFd>(std::move(file)),
                            .offset = range.first,
                            .length = range.last - range.first + 1};
  return response;
}

}  // namespace shelcaster::runtime
