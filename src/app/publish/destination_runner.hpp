#pragma once

#include <memory>
#include <string>

#include "app/publish/destination.hpp"
#include "base/time.hpp"

namespace shelcaster::app {

/// A destination with its worker thread. Nothing here waits for the destination, not even the
/// destructor: a worker that hangs, in a name lookup or on a disk, is cut loose and ends by itself.
class DestinationRunner {
 public:
  /// `thread`: its name, as top shows it.
  DestinationRunner(std::string thread, std::unique_ptr<Destination> destination);
  DestinationRunner(const DestinationRunner&) = delete;
  DestinationRunner& operator=(const DestinationRunner&) = delete;
  ~DestinationRunner();

  void push(const ProgrammeUnit& unit);
  /// The destination's own, or that its worker hasn't come back for half a minute.
  [[nodiscard]] DestinationStatus status() const;
  [[nodiscard]] bool wants_pcm() const;

  /// Lets it send what is queued and say goodbye; wait_until_finished() waits for that. Nothing may
  /// be pushed any more.
  void finish();
  /// False if it hasn't come to its end by then.
  bool wait_until_finished(base::Instant deadline);
  /// It is no longer wanted: what the destination still has to do about that, it does after this
  /// object's end, by itself.
  void dismiss();

 private:
  struct Shared;
  static void run(Shared& shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace shelcaster::app
