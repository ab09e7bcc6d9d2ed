#include "app/serve/spool_name.hpp"

#include <gtest/gtest.h>

namespace shelcaster::app {
namespace {

TEST(SpoolName, TellsWhoseAnUploadIsAndOfWhichTrack) {
  EXPECT_TRUE(kept_upload_name("show-1", "track-9").starts_with(upload_prefix("show-1")));
  EXPECT_TRUE(kept_upload_name("", "track-9").starts_with(upload_prefix("")));
  EXPECT_FALSE(kept_upload_name("show-12", "track-9").starts_with(upload_prefix("show-1")));
  EXPECT_EQ(track_of_upload(kept_upload_name("show-1", "track-9")), "track-9");
  EXPECT_EQ(track_of_upload(upload_prefix("show-1") + "body-7-1"), "");
  EXPECT_EQ(track_of_upload("import-track-9"), "");
}

}  // namespace
}  // namespace shelcaster::app
