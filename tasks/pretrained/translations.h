// The translations, one a layout of published weights. Each throws ModelFileError for what it does not know.
#pragma once

#include "tasks/pretrained/translated_model.h"

namespace multipole {

// timm: VisionTransformer, its distilled kind, and DINOv3's Eva. The sizes come from the weights.
TranslatedModel translate_timm_vit(const PublishedModel& model);

// timm: SwinTransformer, the first version. The sizes come from the weights.
TranslatedModel translate_timm_swin(const PublishedModel& model);

// transformers: ViT and DeiT, DINOv2 with and without registers, CLIP's and SigLIP's image towers, DINOv3, Swin.
TranslatedModel translate_vit(const PublishedModel& model);
TranslatedModel translate_dinov2(const PublishedModel& model);
TranslatedModel translate_clip(const PublishedModel& model);
TranslatedModel translate_siglip(const PublishedModel& model);
TranslatedModel translate_dinov3(const PublishedModel& model);
TranslatedModel translate_swin(const PublishedModel& model);

// SegFormer b0 to b5: for segmentation, for classification, or its encoder alone.
TranslatedModel translate_segformer(const PublishedModel& model);

// DINOv2 with a decoder of transposed convolutions and batch norms, a segmentation model.
TranslatedModel translate_dinov2_deconvolution(const PublishedModel& model);

}  // namespace multipole
