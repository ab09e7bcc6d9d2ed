#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "app/config/serve_config.hpp"
#include "base/unique_fd.hpp"

// A settings file with anything in it: settings, or an error that says what is wrong.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  const base::UniqueFd file(memfd_create("fuzz", MFD_CLOEXEC));
  if (!file || write(file.get(), data, size) != static_cast<ssize_t>(size)) std::abort();
  app::ConfigSources sources;
  sources.environment = [](const char*) -> const char* { return nullptr; };
  sources.file = "/proc/self/fd/" + std::to_string(file.get());
  const auto config = app::load_serve_config(sources);
  if (!config && config.error().message.empty()) std::abort();
  return 0;
}
