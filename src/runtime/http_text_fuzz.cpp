#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "runtime/http_types.hpp"
#include "runtime/proxy_list.hpp"
#include "runtime/static_files.hpp"

namespace {

using namespace shelcaster::runtime;

constexpr std::size_t kFileBytes = 1'000;

/// A folder with one file in it, and a secret beside it.
const std::filesystem::path& folder() {
  static const std::filesystem::path made = [] {
    std::string pattern = "/dev/shm/shelcaster-http-fuzz-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    const std::filesystem::path path = pattern;
    std::filesystem::create_directories(path / "root" / "live");
    std::ofstream(path / "root" / "live" / "a.m4s") << std::string(kFileBytes, 'a');
    std::ofstream(path / "secret") << std::string(kFileBytes + 1, 's');
    return path;
  }();
  static const int at_exit = std::atexit([] { std::filesystem::remove_all(folder()); });
  (void)at_exit;
  return made;
}

}  // namespace

// Lines: a path, Range, If-None-Match, X-Forwarded-For, -Proto and -Host.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto line = [&rest] {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return std::string(one);
  };
  const std::string path = line();
  HttpHeaders headers;
  for (const char* name :
       {"Range", "If-None-Match", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"}) {
    headers.emplace_back(name, line());
  }
  // A target with a NUL as it is gets no further than the HTTP parser; only an escaped one could.
  const auto decoded = percent_decode(path);
  if (decoded && path.find('\0') == path.npos && decoded->find('\0') != path.npos) {
    std::abort();
  }
  static const StaticFiles files(folder() / "root");
  for (const std::string& wanted : {path, std::string("live/a.m4s")}) {
    const HttpResponse response = files.get(wanted, headers);
    if (!response.file) continue;
    struct stat status {};
    // Only the one file can come out, and no more of it than there is.
    if (fstat(response.file->fd->get(), &status) != 0 || status.st_size != kFileBytes) std::abort();
    if (response.file->offset + response.file->length > kFileBytes) std::abort();
  }
  static const ProxyList proxies = ProxyList::parse({"127.0.0.1", "10.0.0.0/8", "::1"}).value();
  const std::string scheme = proxies.scheme_of("127.0.0.1", headers, "http");
  if (scheme != "http" && scheme != "https") std::abort();
  const std::string host = proxies.host_of("127.0.0.1", headers, "own:1");
  if (host.empty()) std::abort();
  if (proxies.client_of("127.0.0.1", headers).empty()) std::abort();
  if (proxies.client_of("192.0.2.1", headers) != "192.0.2.1") std::abort();
  return 0;
}
