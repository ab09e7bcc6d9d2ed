#include "app/serve/data_dir.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "app/serve/spool_name.hpp"

namespace shelcaster::app {

namespace fs = std::filesystem;

namespace {

base::Error cant_write(const fs::path& what, const std::string& why) {
  return {fmt::format(
      "data.dir: {} can't be written ({}): serve needs a folder that it can write to in order to "
      "start; see that its disk has space and isn't mounted read-only, or use another --data",
      what.string(), why)};
}

}  // namespace

base::Result<DataDir> DataDir::open(const fs::path& wanted) {
  std::error_code failed;
  const fs::path path = fs::absolute(wanted, failed);
  for (const char* folder : {"run", "media", "covers", "spool", "hls", "recordings", "log"}) {
    fs::create_directories(path / folder, failed);
    if (failed) return tl::unexpected(cant_write(path / folder, failed.message()));
  }
  ::chmod((path / "run").c_str(), 0700);
  ::chmod((path / "spool").c_str(), 0700);
  ::chmod((path / "recordings").c_str(), 0700);
  const fs::path lock_path = path / "run" / "serve.lock";
  base::UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return tl::unexpected(cant_write(lock_path, std::strerror(errno)));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return base::fail(fmt::format(
        "data.dir: {} is in use by another `shelcaster serve`; stop it or use another --data",
        path.string()));
  }
  for (const auto& entry : fs::directory_iterator(path / "spool", failed)) {
    if (track_of_upload(entry.path().filename().string()).empty()) {
      fs::remove(entry.path(), failed);
    }
  }
  return DataDir(path, std::move(lock));
}

base::Result<DataDir::Secret> DataDir::secret(const char* name, std::size_t length,
                                              base::Random& random) const {
  const fs::path file = path_ / name;
  if (std::ifstream in(file); in) {
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    if (text.size() < 16) {
      return base::fail(fmt::format(
          "{}: too short to be a secret; delete it to have a new one made", file.string()));
    }
    return Secret{.text = std::move(text), .is_new = false};
  }
  Secret made{.text = random.token(length), .is_new = true};
  const fs::path part = file.string() + ".part";
  ::unlink(part.c_str());
  const base::UniqueFd out(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const std::string line = made.text + "\n";
  if (!out || ::write(out.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::fsync(out.get()) != 0 || ::rename(part.c_str(), file.c_str()) != 0) {
    return base::fail(fmt::format("{}: {}", file.string(), std::strerror(errno)));
  }
  return made;
}

}  // namespace shelcaster::app
