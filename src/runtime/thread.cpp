#include "runtime/thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>

namespace shelcaster::runtime {

std::string_view to_string(ThreadPriority priority) {
  switch (priority) {
    case ThreadPriority::kFifo50:
      return "SCHED_FIFO 50";
    case ThreadPriority::kNiceMinus20:
      return "nice -20";
    case ThreadPriority::kNormal:
      return "normal";
  }
  return "normal";
}

void name_thread(std::string_view name) {
  ::pthread_setname_np(::pthread_self(), std::string(name.substr(0, 15)).c_str());
}

ThreadPriority raise_thread_priority() {
  sched_param param{};
  param.sched_priority = 50;
  if (::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) == 0) {
    return ThreadPriority::kFifo50;
  }
  // On Linux niceness belongs to the thread, and 0 is the calling one.
  if (::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), -20) == 0) {
    return ThreadPriority::kNiceMinus20;
  }
  return ThreadPriority::kNormal;
}

bool lock_memory() {
  // A limit below what the process will map would make later allocations fail, so ask only where
  // there is none.
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return false;
  if (::geteuid() != 0 && limit.rlim_cur != RLIM_INFINITY) return false;
  // MCL_ONFAULT: only what has been touched is kept, else every thread's whole stack would be.
  return ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

}  // namespace shelcaster::runtime
