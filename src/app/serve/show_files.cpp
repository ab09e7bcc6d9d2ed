#include "app/serve/show_files.hpp"

#include <fmt/format.h>

#include <system_error>
#include <vector>

#include "base/log.hpp"
#include "launch/process_lock.hpp"
#include "output/recording/recording_lock.hpp"

namespace shelcaster::app {

namespace fs = std::filesystem;
using studio::ShowId;

namespace {

constexpr base::Duration kTryAgain = std::chrono::minutes(1);

/// Those in a folder of the data folder that are this show's own by their name.
std::vector<fs::path> named_files(const fs::path& folder, const ShowId& show) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    if (it->path().filename().string().starts_with(show.str() + ".")) files.push_back(it->path());
  }
  return files;
}

/// One of a folder's folders; the folder itself when there are none, or it is elsewhere by a link.
std::optional<fs::path> next_recording(const fs::path& folder) {
  std::error_code failed;
  if (fs::is_symlink(folder, failed)) return folder;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->is_symlink(ignored)) return it->path();
  }
  return fs::exists(fs::symlink_status(folder, failed)) ? std::optional(folder) : std::nullopt;
}

}  // namespace

base::Result<ShowFiles::Step> ShowFiles::take(const fs::path& data_dir, const ShowId& show) {
  // Ids are ours and have neither; whatever a database says, nothing else is removed.
  if (show.empty() || show.str().find_first_of("/.") != std::string::npos) return Step::kGone;
  const fs::path recordings = data_dir / "recordings" / show.str();
  const bool is_running =
      launch::ProcessLock::holder(data_dir / "run" / (show.str() + ".lock")).has_value();
  if (is_running || output::are_recordings_locked(recordings)) return Step::kMore;
  std::vector<fs::path> next = named_files(data_dir / "run", show);
  for (fs::path& log : named_files(data_dir / "log", show)) next.push_back(std::move(log));
  next.push_back(data_dir / "hls" / show.str());
  if (const auto recording = next_recording(recordings)) next.push_back(*recording);
  // Until a look finds nothing: a process that was just ending may have left something since.
  Step step = Step::kGone;
  std::optional<base::Error> refused;
  for (const fs::path& path : next) {
    std::error_code failed;
    if (fs::remove_all(path, failed) > 0) step = Step::kMore;
    if (failed) {
      refused =
          base::Error{fmt::format("{} of a deleted show can't be removed: {}",
                                  path.lexically_relative(data_dir).string(), failed.message())};
    }
  }
  if (refused) return tl::unexpected(*refused);
  return step;
}

bool ShowFiles::remove(const ShowId& show) {
  Removal& removal = removals_[show];
  if (removal.is_gone) {
    removals_.erase(show);
    return true;
  }
  if (is_under_way_ || clock_.now() < removal.again_at) return false;
  is_under_way_ = disk_.post([this, data_dir = data_dir_, show]() -> DiskThread::Done {
    return [this, show, step = take(data_dir, show)] { handle_step(show, step); };
  });
  return false;
}

void ShowFiles::handle_step(const ShowId& show, const base::Result<Step>& step) {
  Removal& removal = removals_[show];
  is_under_way_ = false;
  removal.is_gone = step && *step == Step::kGone;
  if (step) return;
  removal.again_at = clock_.now() + kTryAgain;
  if (removal.error == step.error().message) return;
  removal.error = step.error().message;
  base::log::error("serve", "{}: {}", show.str(), removal.error);
}

}  // namespace shelcaster::app
