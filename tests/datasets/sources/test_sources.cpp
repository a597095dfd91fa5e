// Manifests and packed data as data sets, and what is refused when data is opened.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <torch/utils.h>

#include <fstream>

#include "base/error.h"
#include "datasets/formats/pack_writer.h"
#include "datasets/loading/loader.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/sources/all_pictures.h"
#include "datasets/sources/labelled_pictures.h"
#include "tests/datasets/image_fixtures.h"

namespace multipole {
namespace {

using test::Bytes;
using Names = std::vector<std::string>;

std::string refusal(const std::filesystem::path& path, const SplitOptions& split = {},
                    const SourceOptions& options = {}) {
  try {
    LabelledPictures(path, split, options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

torch::Tensor picture(int value) { return torch::full({4, 5, 3}, value, torch::kUInt8); }

class Sources : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto path = folder_.path() / name;
    test::write_text(path, text);
    return path;
  }
  void write_picture(const std::string& name, int value) const { folder_.write(name, encode_png(picture(value))); }

  test::TemporaryFolder folder_;
};

TEST_F(Sources, AManifestIsADataSet) {
  for (int i = 0; i < 4; ++i) write_picture("p/" + std::to_string(i) + ".png", i);
  const auto path =
      write("set.csv", "path,label,split\np/2.png,dog,train\np/0.png,cat,train\np/1.png,cat,train\np/3.png,dog,val\n");
  const LabelledPictures train(path, {}), val(path, {.split = "val"});
  EXPECT_EQ(train.class_names(), (Names{"cat", "dog"}));
  ASSERT_EQ(train.size(), 3);
  EXPECT_EQ(train.name(0), "p/0.png");
  EXPECT_EQ(train.name(2), "p/2.png");
  EXPECT_TRUE(torch::equal(train.get(2).image, picture(2)));
  EXPECT_EQ(val.class_names(), train.class_names()) << "val may have some of the classes only";
  EXPECT_EQ(val.get(0).label, 1);
  EXPECT_NE(val.description().find("set.csv, split val: 1 pictures of 1 classes"), std::string::npos);
}

TEST_F(Sources, AManifestMayLieElsewhere) {
  write_picture("data/p.png", 1);
  write_picture("data/q.png", 2);
  std::filesystem::create_directory(folder_.path() / "lists");
  const auto path = write("lists/set.csv", "path,label\np.png,a\nq.png,b\n");
  SourceOptions options;
  options.root = folder_.path() / "data";
  EXPECT_EQ(LabelledPictures(path, {.class_names = {"b", "a"}, .val_fraction = 0.5}, options).size(), 2);
  EXPECT_NE(refusal(folder_.path() / "data", {}, options).find("makes sense for a CSV manifest only"),
            std::string::npos);
}

TEST_F(Sources, AClassThatTrainLacksIsNamedWithItsLine) {
  const auto path = write("set.csv", "path,label,split\na.png,cat,train\nb.png,dog,train\nc.png,zebra,val\n");
  const std::string text = refusal(path, {.split = "val"});
  EXPECT_NE(text.find("no class of the training set or model: 'zebra' (line 4); known: cat, dog"), std::string::npos)
      << text;
  EXPECT_NE(refusal(path, {.class_names = {"cat"}}).find("'dog' (line 3)"), std::string::npos);
  EXPECT_EQ(list_all_pictures(*open_picture_source(path)).problems.size(), 1u);
}

TEST_F(Sources, AMissingPictureIsABadSampleAndNoOther) {
  write_picture("a.png", 1);
  const auto path = write("set.csv", "path,label\na.png,x\nb.png,y\n");
  const auto data = std::make_shared<LabelledPictures>(path, SplitOptions{.class_names = {"x", "y"}});
  const Preprocessing preprocessing{.image_size = 4};
  Loader loader(data, make_eval_transform(preprocessing), preprocessing, {.batch_size = 4});
  loader.start_epoch(0);
  const auto batch = loader.next();
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->size() + static_cast<int64_t>(batch->bad.size()), data->size());
  for (const auto& bad : batch->bad) EXPECT_NE(bad.reason.find("b.png"), std::string::npos) << bad.reason;
}

TEST_F(Sources, DataThatCannotBeOpened) {
  EXPECT_NE(refusal(folder_ / "none").find("no such file or folder"), std::string::npos);
  EXPECT_NE(refusal(folder_ / "none.csv").find("no such file or folder"), std::string::npos);
  EXPECT_NE(refusal(write("text.txt", "hello")).find("neither a folder, a CSV manifest"), std::string::npos);
  EXPECT_NE(refusal(write("empty.pack", "")).find("empty"), std::string::npos);
  EXPECT_NE(refusal(write("empty.csv", "")).find("empty"), std::string::npos);
  EXPECT_NE(refusal(write("cut.pack", "multipole pack 1")).find("truncated"), std::string::npos);
  for (const std::string name : {"pipe.csv", "pipe"}) {
    ASSERT_EQ(::mkfifo((folder_ / name).c_str(), 0600), 0);
    EXPECT_NE(refusal(folder_ / name).find("not a regular file"), std::string::npos) << "and does not block";
  }
}

class Packed : public Sources {
 protected:
  std::filesystem::path write_pack(const Names& splits) const {
    const auto path = folder_ / "set.pack";
    std::ofstream file(path, std::ios::binary);
    PackWriter writer([&](const void* data, size_t size) { file.write(static_cast<const char*>(data), size); }, "",
                      {"zebra", "ant", "unused"}, splits);
    for (int i = 0; i < 8; ++i) {
      const torch::Tensor image = picture(i), mask = torch::full({4, 5}, i, torch::kUInt8);
      const auto split = splits.empty() ? -1 : i < 6 ? 0 : 1;
      writer.add({"p" + std::to_string(i), ByteView(image.data_ptr<uint8_t>(), 60),
                  i == 0 ? ByteView(mask.data_ptr<uint8_t>(), 20) : ByteView(), 4, 5, i % 2, split});
    }
    writer.finish();
    return path;
  }
};

TEST_F(Packed, IsADataSetThatKeepsItsClassOrder) {
  const auto path = write_pack({"train", "val"});
  const LabelledPictures train(path, {}), val(path, {.split = "val"});
  EXPECT_EQ(train.class_names(), (Names{"zebra", "ant"}));
  EXPECT_TRUE(train.is_decoded());
  ASSERT_EQ(train.size(), 6);
  EXPECT_EQ(val.size(), 2);
  for (int64_t i = 0; i < train.size(); ++i) {
    const Sample sample = train.get(i);
    const int value = std::stoi(train.name(i).substr(1));
    EXPECT_TRUE(torch::equal(sample.image, picture(value)));
    EXPECT_EQ(sample.label, value % 2);
    EXPECT_EQ(sample.mask.defined(), value == 0);
  }
}

TEST_F(Packed, TensorsOutliveTheirSource) {
  torch::Tensor image;
  {
    const LabelledPictures data(write_pack({}), {.val_fraction = 0.25});
    EXPECT_EQ(data.size(), 6);
    image = data.get(0).image;
  }
  EXPECT_EQ(image[0][0][0].item<int>() % 2, 0);
}

TEST_F(Packed, ADamagedPictureIsABadSample) {
  const auto path = write_pack({"train", "val"});
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(64);
    file.put('x');
  }
  const LabelledPictures train(path, {});
  EXPECT_THROW(train.get(0), InputError);
  EXPECT_NO_THROW(train.get(1));
}

}  // namespace
}  // namespace multipole
