#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "app/serve/multipart.hpp"

// The first line is the Content-Type, the rest the spooled body. What is unpacked is a part of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  static const std::filesystem::path body =
      "/dev/shm/shelcaster-multipart-fuzz-" + std::to_string(getpid());
  static const int at_exit = std::atexit([] { std::filesystem::remove(body); });
  (void)at_exit;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string rest = text.substr(std::min(end + 1, text.size()));
  std::ofstream(body, std::ios::binary | std::ios::trunc) << rest;
  if (!app::unpack_multipart(body, text.substr(0, end))) return 0;
  std::ifstream in(body, std::ios::binary);
  const std::string unpacked{std::istreambuf_iterator<char>(in), {}};
  if (rest.find(unpacked) == std::string::npos) std::abort();
  return 0;
}
