#include "sim_disk.hpp"

#include <cerrno>
#include <utility>

#include "base/disk_steps_for_tests.hpp"

namespace shelcaster::sim {
namespace {

thread_local SimDisk* in_use = nullptr;

}  // namespace

int take_step_of_disk_in_use() { return in_use == nullptr ? 0 : in_use->take_step(); }

SimDisk::Use::Use(SimDisk& disk) : before_(std::exchange(in_use, &disk)) {
  base::disk_step = take_step_of_disk_in_use;
}

SimDisk::Use::~Use() { in_use = before_; }

int SimDisk::take_step() {
  if (steps_left_ == 0) is_dead_ = true;
  if (is_dead_) return EIO;
  ++steps_;
  if (steps_left_ > 0) --steps_left_;
  if (!is_full_) return 0;
  ++refused_;
  return ENOSPC;
}

void SimDisk::revive() {
  is_dead_ = false;
  steps_left_ = -1;
}

}  // namespace shelcaster::sim
