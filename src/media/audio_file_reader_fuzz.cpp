#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/unique_fd.hpp"
#include "media/audio_file_reader.hpp"

// A file of any format, whole or growing (the first byte says which): at most four seconds of it
// are decoded. Whatever comes out is stereo. Faults inside libav are contained by the importer's
// sandbox; those that are found here are reported all the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  constexpr std::size_t kSamplesMax = 4 * 2 * 48'000;
  if (size < 2) return 0;
  const base::UniqueFd file(memfd_create("fuzz", MFD_CLOEXEC));
  if (!file || write(file.get(), data + 1, size - 1) != static_cast<ssize_t>(size - 1)) {
    std::abort();
  }
  int waits = 0;
  media::WaitForMore wait;
  if (data[0] % 2 == 1) {
    wait = [&waits] { return ++waits > 3 ? media::More::kFileWhole : media::More::kPerhaps; };
  }
  auto reader = media::AudioFileReader::open(file.get(), std::move(wait));
  if (!reader) return 0;
  for (std::size_t taken = 0; taken < kSamplesMax;) {
    const auto samples = reader->read();
    if (!samples || samples->empty()) break;
    if (samples->size() % 2 != 0) std::abort();
    taken += samples->size();
  }
  return 0;
}
