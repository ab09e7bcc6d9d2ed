#include "app/serve/disk_thread.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

namespace shelcaster::app {
namespace {

TEST(DiskThread, DoesItsWorkInOrderAndTheRestOnTheControlThread) {
  boost::asio::io_context io;
  const auto work = boost::asio::make_work_guard(io);
  DiskThread disk(io, "disk");
  std::vector<int> done;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(disk.post([&, i, control = std::this_thread::get_id()]() -> DiskThread::Done {
      EXPECT_NE(std::this_thread::get_id(), control);
      return [&, i, control] {
        EXPECT_EQ(std::this_thread::get_id(), control);
        done.push_back(i);
      };
    }));
  }
  while (done.size() < 3) io.run_one();
  EXPECT_EQ(done, (std::vector{0, 1, 2}));
}

TEST(DiskThread, RefusesWhatComesWhileADiskHangsAndDropsItAtTheEnd) {
  boost::asio::io_context io;
  std::promise<void> begun;
  std::promise<void> answers;
  auto hanging = std::make_shared<std::future<void>>(answers.get_future());
  const auto asked = std::make_shared<int>(0);
  {
    DiskThread disk(io, "disk", /*end_max=*/{});
    ASSERT_TRUE(disk.post([&begun, hanging]() -> DiskThread::Done {
      begun.set_value();
      hanging->wait();
      return {};
    }));
    begun.get_future().wait();
    for (std::size_t i = 0; i < DiskThread::kWaitingMax; ++i) {
      EXPECT_TRUE(disk.post([asked]() -> DiskThread::Done {
        ADD_FAILURE() << "after its end";
        return {};
      }));
    }
    EXPECT_FALSE(disk.post([] { return DiskThread::Done(); }));
  }
  EXPECT_EQ(asked.use_count(), 1) << "nothing is kept of what waited";
  answers.set_value();
}

}  // namespace
}  // namespace shelcaster::app
