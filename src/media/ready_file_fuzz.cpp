#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/unique_fd.hpp"
#include "media/ready_file.hpp"

// A ready file that something else wrote, or that a full disk cut: what it says of its length is
// never believed beyond what there is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  const base::UniqueFd file(memfd_create("fuzz", MFD_CLOEXEC));
  if (!file || write(file.get(), data, size) != static_cast<ssize_t>(size)) std::abort();
  auto reader = media::ReadyFileReader::open("/proc/self/fd/" + std::to_string(file.get()));
  if (!reader) return 0;
  const auto frames = reader->frames_available();
  (void)reader->is_finished();
  if (frames && (*frames < 0 || *frames > static_cast<std::int64_t>(size / 4))) std::abort();
  std::array<float, 960> samples{};
  for (const std::int64_t at : {std::int64_t{0}, frames.value_or(0) - 100, frames.value_or(0),
                                frames.value_or(0) + 1, std::int64_t{1} << 40}) {
    if (at < 0) continue;
    const auto got = reader->read(at, samples);
    if (got && *got > samples.size() / 2) std::abort();
  }
  return 0;
}
