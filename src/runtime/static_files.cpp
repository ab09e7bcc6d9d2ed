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
                                     Type{".ico", "image/x-icon"},
                                     Type{".woff2", "font/woff2"},
                                     Type{".webmanifest", "application/manifest+json"},
                                     Type{".txt", "text/plain; charset=utf-8"},
                                     Type{".m3u8", "application/vnd.apple.mpegurl"},
                                     Type{".m4s", "audio/mp4"},
                                     Type{".mp4", "audio/mp4"},
                                     Type{".wav", "audio/wav"}};
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

HttpResponse StaticFiles::get(std::string_view encoded, const HttpHeaders& request) const {
  const std::optional<std::string> path = percent_decode(encoded);
  if (!path) return problem_response(400, "the path is not well-formed");
  base::UniqueFd file = open_below(root_, *path);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return not_found();

  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::string etag =
      fmt::format("\"{:x}-{:x}{:08x}\"", size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  HttpResponse response;
  response.headers = {{"Content-Type", std::string(content_type(*path))},
                      {"ETag", etag},
                      {"Accept-Ranges", "bytes"},
                      {"X-Content-Type-Options", "nosniff"}};
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
