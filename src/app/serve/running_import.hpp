#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/unique_fd.hpp"
#include "control/ports.hpp"
#include "launch/process.hpp"
#include "runtime/fd_watch.hpp"
#include "runtime/url_fetch.hpp"

namespace shelcaster::app {

/// One `shelcaster import`, with the download that feeds it if it is of a URL. Nothing here waits
/// for the process: its end is told when the kernel has told it. Control thread only.
class RunningImport : public std::enable_shared_from_this<RunningImport> {
 public:
  struct Files {
    std::filesystem::path source;  // a URL's bytes on their way
    std::filesystem::path ready;
    std::filesystem::path cover;  // without an extension
  };
  struct Handlers {
    std::function<void(const control::ImportProgress&)> on_progress;
    /// Once, when the process is gone. Cancelled: nothing has become of it.
    std::function<void(const control::ImportProgress&, bool is_cancelled)> on_end;
  };

  RunningImport(boost::asio::io_context& io, control::ImportJob job, Files files,
                std::uint64_t fetch_bytes_max, Handlers handlers);
  ~RunningImport();

  void start();
  /// How much the ready file has, or is expected to have when that is known.
  [[nodiscard]] std::uint64_t ready_bytes() const;
  /// Ends it as failed, with this reason; a deck that plays it comes to the end of what there is.
  void give_up(std::string why);
  /// Ends it without a word.
  void cancel();

  [[nodiscard]] const control::ImportJob& job() const { return job_; }
  [[nodiscard]] bool is_fetch() const { return !job_.url.empty(); }
  [[nodiscard]] bool is_heard() const { return job_.wanted == control::Wanted::kHeard; }
  void set_wanted(control::Wanted wanted) { job_.wanted = wanted; }

 private:
  bool start_fetch();
  void spawn();
  void read_line();
  void handle_line(boost::system::error_code failed, std::size_t size);
  void take_line(const boost::json::object& line);
  void keep_cover(const std::string& kind);
  void handle_fetched(base::Result<void> fetched);
  void kill();
  void end_when_all_is_told();
  void fail_later(std::string why);

  boost::asio::io_context& io_;
  control::ImportJob job_;
  const Files files_;
  const std::uint64_t fetch_bytes_max_;
  Handlers handlers_;
  control::ImportProgress progress_;
  std::unique_ptr<runtime::UrlFetch> fetch_;
  std::string given_up_;  // why
  base::UniqueFd complete_read_, complete_write_;
  std::unique_ptr<launch::Process> process_;
  std::unique_ptr<runtime::FdWatch> exit_watch_;
  boost::asio::posix::stream_descriptor lines_;
  boost::asio::streambuf buffer_;
  bool is_cancelled_ = false;
  bool has_exited_ = false;
  bool is_read_out_ = false;
};

}  // namespace shelcaster::app
