#pragma once

#include <cstdint>

namespace shelcaster::sim {

/// The disk as one simulated process has it. What is written while a Use of it lives is that
/// process's, and each step of it is counted: it can die at any of them, which leaves on the disk
/// what was there by then, and the disk can be full.
class SimDisk {
 public:
  class Use {
   public:
    explicit Use(SimDisk& disk);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    SimDisk* before_;
  };

  /// The process dies at the step after that many more. Until it is revived nothing that it does
  /// has any effect, and the world is to throw it away and to believe nothing that it says.
  void die_after(std::int64_t steps) { steps_left_ = steps; }
  /// A death that was set and hasn't come won't come.
  void spare() { steps_left_ = -1; }
  void kill() { is_dead_ = true; }
  /// For the process that comes after it.
  void revive();
  void fill(bool is_full) { is_full_ = is_full; }

  [[nodiscard]] bool is_dead() const { return is_dead_; }
  /// Of all processes that had it.
  [[nodiscard]] std::int64_t steps() const { return steps_; }
  [[nodiscard]] std::int64_t refused() const { return refused_; }

 private:
  friend int take_step_of_disk_in_use();
  int take_step();

  std::int64_t steps_ = 0;
  std::int64_t steps_left_ = -1;  // -1: it lives for ever
  std::int64_t refused_ = 0;      // because the disk was full
  bool is_dead_ = false;
  bool is_full_ = false;
};

}  // namespace shelcaster::sim
