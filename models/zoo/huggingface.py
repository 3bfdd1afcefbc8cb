"""Networks of transformers, with their default attention unless named otherwise."""

import transformers
from torch import nn

from case import floats, network, padding_mask, token_case, tokens, Case


class OneOutput(nn.Module):
    """A model of transformers as a function of tensors to one tensor."""

    def __init__(self, model, names, pick="logits", **fixed):
        super().__init__()
        self.model, self.names, self.pick, self.fixed = model, names, pick, fixed

    def forward(self, *tensors):
        outputs = self.model(**dict(zip(self.names, tensors)), **self.fixed)
        return getattr(outputs, self.pick)


def encoder(model, size, number_of_classes=None, mask=True):
    inputs = {"input_ids": tokens(size)}
    if mask:
        inputs["attention_mask"] = padding_mask(size)
    return token_case(OneOutput(model, list(inputs)), size, inputs,
                      number_of_classes)


def decoder(model, size, mask=True):
    inputs = {"input_ids": tokens(size)}
    if mask:
        inputs["attention_mask"] = padding_mask(size)
    return token_case(OneOutput(model, list(inputs), use_cache=False), size, inputs)


def bert_config(size, drop, make=transformers.BertConfig, **more):
    return make(
        vocab_size=size.vocabulary, hidden_size=size.hidden,
        num_hidden_layers=size.layers, num_attention_heads=size.heads,
        intermediate_size=2 * size.hidden, max_position_embeddings=32,
        num_labels=5, pad_token_id=0, hidden_dropout_prob=drop,
        attention_probs_dropout_prob=drop, **more)


@network("encoder")
def bert_mlm(size, drop):
    return encoder(transformers.BertForMaskedLM(bert_config(size, drop)), size)


@network("encoder")
def bert_cls(size, drop):
    return encoder(transformers.BertForSequenceClassification(
        bert_config(size, drop)), size, 5)


@network("encoder")
def bert_cls_eager(size, drop):
    return encoder(transformers.BertForSequenceClassification(
        bert_config(size, drop, attn_implementation="eager")), size, 5)


@network("encoder")
def bert_no_mask(size, drop):
    return encoder(transformers.BertForSequenceClassification(
        bert_config(size, drop)), size, 5, mask=False)


@network("encoder")
def distilbert(size, drop):
    return encoder(transformers.DistilBertForSequenceClassification(
        transformers.DistilBertConfig(
            vocab_size=size.vocabulary, dim=size.hidden, n_layers=size.layers,
            n_heads=size.heads, hidden_dim=2 * size.hidden,
            max_position_embeddings=32, num_labels=5, dropout=drop,
            attention_dropout=drop, seq_classif_dropout=drop)), size, 5)


@network("encoder")
def albert(size, drop):
    return encoder(transformers.AlbertForSequenceClassification(bert_config(
        size, drop, transformers.AlbertConfig, embedding_size=size.hidden // 2,
        classifier_dropout_prob=drop)), size, 5)


@network("encoder")
def deberta_v2(size, drop):
    return encoder(transformers.DebertaV2ForSequenceClassification(bert_config(
        size, drop, transformers.DebertaV2Config, relative_attention=True,
        pos_att_type=["p2c", "c2p"])), size, 5)


def gpt2_config(size, drop, **more):
    return transformers.GPT2Config(
        vocab_size=size.vocabulary, n_embd=size.hidden, n_layer=size.layers,
        n_head=size.heads, n_positions=32, resid_pdrop=drop, embd_pdrop=drop,
        attn_pdrop=drop, **more)


@network("decoder")
def gpt2(size, drop):
    return decoder(transformers.GPT2LMHeadModel(gpt2_config(size, drop)), size)


@network("decoder")
def gpt2_eager_no_mask(size, drop):
    return decoder(transformers.GPT2LMHeadModel(
        gpt2_config(size, drop, attn_implementation="eager")), size, mask=False)


def llama_config(size, drop, make=transformers.LlamaConfig, **more):
    return make(
        vocab_size=size.vocabulary, hidden_size=size.hidden,
        num_hidden_layers=size.layers, num_attention_heads=size.heads,
        num_key_value_heads=size.heads // 2, intermediate_size=2 * size.hidden,
        max_position_embeddings=32, pad_token_id=0, attention_dropout=drop, **more)


@network("decoder")
def llama(size, drop):
    return decoder(transformers.LlamaForCausalLM(llama_config(size, drop)), size)


@network("decoder")
def llama_no_mask(size, drop):
    return decoder(transformers.LlamaForCausalLM(llama_config(size, drop)), size,
                   mask=False)


@network("decoder")
def qwen2(size, drop):
    return decoder(transformers.Qwen2ForCausalLM(
        llama_config(size, drop, transformers.Qwen2Config)), size)


@network("decoder")
def gemma2(size, drop):
    return decoder(transformers.Gemma2ForCausalLM(llama_config(
        size, drop, transformers.Gemma2Config,
        head_dim=size.hidden // size.heads)), size)


@network("decoder")
def mixtral(size, drop):
    return decoder(transformers.MixtralForCausalLM(llama_config(
        size, drop, transformers.MixtralConfig, num_local_experts=4)), size)


@network("decoder", needs=("convolution", "recurrence"))
def mamba(size, drop):
    return decoder(transformers.MambaForCausalLM(transformers.MambaConfig(
        vocab_size=size.vocabulary, hidden_size=size.hidden, num_hidden_layers=1,
        state_size=4)), size, mask=False)


@network("vision", needs=("convolution",))
def vit_hf(size, drop):
    from vision import image_case
    config = bert_config(size, drop, transformers.ViTConfig, image_size=32,
                         patch_size=8)
    config.num_labels = 10
    return image_case(OneOutput(transformers.ViTForImageClassification(config),
                                ["pixel_values"]), 32, batch=8)


@network("audio", needs=("convolution",))
def wav2vec2(size, drop):
    model = transformers.Wav2Vec2ForCTC(transformers.Wav2Vec2Config(
        vocab_size=size.vocabulary, hidden_size=size.hidden,
        num_hidden_layers=size.layers, num_attention_heads=size.heads,
        intermediate_size=2 * size.hidden, conv_dim=(16, 16), conv_stride=(5, 2),
        conv_kernel=(10, 3), num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2, hidden_dropout=drop,
        attention_dropout=drop, activation_dropout=drop, feat_proj_dropout=drop,
        final_dropout=drop, layerdrop=0.0, mask_time_prob=0.0,
        apply_spec_augment=False))
    return Case(OneOutput(model, ["input_values"]), {"input_values": floats(400)},
                "none", None)
