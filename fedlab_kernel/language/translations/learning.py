"""Words of machine learning: layers, losses, optimisers, models and what judges them."""

from __future__ import annotations

from .translation import Translation, said, sure

_TRAIN = Translation('train(predict, start, loss=bce, on=patients, inputs=["age"], target="disease")')
_GROUP_NORM = Translation(
    "group_norm(x, 4, w.scale, w.shift)",
    says="batch normalisation mixes the persons of a batch, so that no gradient is one person's own; groups are within "
    "one person; with `scale=ones(16)` and `shift=zeros(16)` among the `params`, one for each entry",
)
_TREES = said(
    "a tree chooses each split by looking at the values of all persons, again and again; train `mlp(on=…, inputs=[…], "
    "target=…)`, or cut inputs at public edges, `binned(x, […])`, for `logistic_regression(on=…, inputs=[…], target=…)`"
)
_NEIGHBOURS = said(
    "it compares each person with all others, so it is no sum over persons; train `mlp(on=…, inputs=[…], target=…)`"
)
_NETWORK = said(
    "a network is a function of weights and of one person's inputs, `sigmoid(x @ w.W + w.b)`, and `train` takes it; "
    "`mlp(on=…, inputs=[…], target=…)` is a ready-made one"
)
_SEQUENCE = said("fold what hangs on a person into numbers first, `mean_of(x)` or `last(x)`, and give these to `mlp`")
_DROPOUT = said("leave it out: noise and clipping hold a model back already")
_RATES = said("`roc(model, on=patients)` tells true and false positives at every threshold")
_FOLDS = said("each fold would be a training with a price; part the persons once, `split(patients, 0.7)`")
_PRIVATE = said("every training is private already: `clip=` bounds a person's gradient, its release states the price")

_GROW_TREES = (
    "xgboost", "xgb", "lightgbm", "lgb", "catboost", "ranger", "rpart", "RandomForest", "randomForest",
    "RandomForestClassifier", "RandomForestRegressor", "DecisionTreeClassifier", "DecisionTreeRegressor",
    "GradientBoostingClassifier", "GradientBoostingRegressor", "HistGradientBoostingClassifier",
    "HistGradientBoostingRegressor", "XGBClassifier", "XGBRegressor", "DMatrix", "LGBMClassifier", "LGBMRegressor",
    "CatBoostClassifier", "CatBoostRegressor",
)  # fmt: skip


def _loss(name: str, output: str) -> Translation:
    return said(f"name the loss, `loss={name}`, and end the function with `{output}`")


def _strategy(name: str) -> Translation:
    return said(f'how updates become weights is an argument of `train`: `strategy="{name}"`')


LEARNING: dict[str, Translation] = {
    # Models
    "fit": _TRAIN,
    "predict": Translation("predicted(model, on=patients)"),
    "predict_proba": Translation("predicted(model, on=patients)"),
    **dict.fromkeys(("MLPClassifier", "MLPRegressor"), Translation("mlp(on=patients, inputs=[x1, x2], target=y)")),
    "SGDClassifier": Translation("logistic_regression(on=patients, inputs=[x1, x2], target=y)"),
    **dict.fromkeys(("SVC", "LinearSVC"), Translation("logistic_regression(on=patients, inputs=[x1, x2], target=y)")),
    **dict.fromkeys(_GROW_TREES, _TREES),
    **dict.fromkeys(("KNeighborsClassifier", "KNeighborsRegressor", "RandomSurvivalForest"), _NEIGHBOURS),
    **dict.fromkeys(("Sequential", "Module", "Model"), _NETWORK),
    # Layers
    **dict.fromkeys(
        ("Linear", "Dense"),
        Translation("x @ w.W + w.b", says="its weights begin as `params(W=glorot(5, 16), b=zeros(16))`"),
    ),
    **dict.fromkeys(("Conv2d", "Conv2D"), Translation("conv(x, w.K, w.b)", says="with `K=glorot(8, 1, 3, 3)`")),
    **dict.fromkeys(("MaxPool2d", "MaxPooling2D", "max_pool2d"), Translation("max_pool(x, 2)")),
    **dict.fromkeys(("AvgPool2d", "AveragePooling2D", "avg_pool2d"), Translation("mean_pool(x, 2)")),
    "Flatten": Translation("flatten(x)"),
    "Embedding": Translation("embedding(w.table, index)"),
    **{word: Translation(f"{word.lower()}(x)") for word in ("ReLU", "Sigmoid", "Softmax", "Tanh")},
    **dict.fromkeys(
        ("BatchNorm", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm", "BatchNormalization", "batch_norm"),
        _GROUP_NORM,
    ),
    **dict.fromkeys(
        ("LayerNorm", "LayerNormalization", "layer_norm"),
        Translation("group_norm(x, 1, w.scale, w.shift)", says="one group of all channels"),
    ),
    **dict.fromkeys(("GroupNorm", "GroupNormalization"), Translation("group_norm(x, 4, w.scale, w.shift)")),
    **dict.fromkeys(("Dropout", "Dropout1d", "Dropout2d", "dropout"), _DROPOUT),
    **dict.fromkeys(("LSTM", "GRU", "RNN", "MultiheadAttention", "Transformer"), _SEQUENCE),
    # Losses
    **dict.fromkeys(
        ("CrossEntropyLoss", "NLLLoss", "nll_loss", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"),
        _loss("cross_entropy", "softmax(…)"),
    ),
    **dict.fromkeys(
        ("BCELoss", "BCEWithLogitsLoss", "BinaryCrossentropy", "binary_cross_entropy"), _loss("bce", "sigmoid(…)")
    ),
    **dict.fromkeys(("MSELoss", "mse_loss", "MeanSquaredError"), said("name the loss, `loss=mse`")),
    "PoissonNLLLoss": _loss("poisson", "exp(…)"),
    # Optimisers
    **dict.fromkeys(("Adam", "AdamW", "RMSprop"), _strategy("fedadam")),
    "Adagrad": _strategy("fedadagrad"),
    "SGD": said("steps down the gradient are what `train` takes: `learning_rate=0.5` is its argument"),
    "DataLoader": said("persons are drawn by chance in each step: `sample_rate=0.2` is an argument of `train`"),
    **dict.fromkeys(("PrivacyEngine", "make_private"), _PRIVATE),
    # Preparing
    "train_test_split": Translation("split($first, 0.7)", says="it gives a pair: `train_set, test_set = split(…)`"),
    **dict.fromkeys(
        ("StandardScaler", "MinMaxScaler"), said("inputs run from -1 to 1 between their declared bounds already")
    ),
    **dict.fromkeys(("cross_val_score", "cross_validate", "GridSearchCV", "KFold", "StratifiedKFold"), _FOLDS),
    "OneHotEncoder": Translation("onehot(x)", says="inputs that are categories become this by themselves"),
    # Judging
    "roc_auc_score": sure("auc($second, $first)", "of a model, `auc(model, on=patients)`"),
    "roc_curve": sure("roc($second, $first)", "of a model, `roc(model, on=patients)`"),
    "brier_score_loss": sure("brier($second, $first)", "of a model, `brier(model, on=patients)`"),
    "calibration_curve": sure("calibration($second, $first)", "of a model, `calibration(model, on=patients)`"),
    "accuracy_score": Translation("accuracy(model, on=patients)"),
    "mean_squared_error": sure("mean(($one - $two) ** 2)"),
    "confusion_matrix": Translation("crosstab(predicted(model, on=patients) > 0.5, patients.disease)"),
    **dict.fromkeys(("f1_score", "precision_score", "recall_score", "classification_report"), _RATES),
}
# Behind a released model: `model.predict(x)`.
MODEL: dict[str, Translation] = {
    "fit": Translation(
        "train(predict, $object, loss=bce, on=patients, inputs=[x1, x2], target=y)", says="goes on from it"
    ),
    **dict.fromkeys(
        ("predict", "predict_proba", "decision_function", "forward"), Translation("predicted($object, on=patients)")
    ),
    **dict.fromkeys(("score", "evaluate"), Translation("accuracy($object, on=patients)")),
    **dict.fromkeys(("train", "eval", "compile", "to"), said("leave it out: a released model does not change")),
    **dict.fromkeys(
        ("parameters", "state_dict", "coef_", "intercept_", "weights", "summary"),
        said("its weights are shown with the result; in a query `predicted` uses them, and what judges models"),
    ),
}
# Arguments by name, in place of that of another name: `mlp(…, lr=0.1)`.
ARGUMENTS: dict[str, Translation] = {
    **dict.fromkeys(("lr", "eta", "learning_rate_init", "step_size"), sure("learning_rate=$value")),
    **dict.fromkeys(("max_grad_norm", "l2_norm_clip", "clipping_norm"), sure("clip=$value")),
    **dict.fromkeys(("random_state", "random_seed"), sure("seed=$value")),
    **dict.fromkeys(("hidden_layer_sizes", "layers", "hidden_units"), sure("hidden=$value")),
    **dict.fromkeys(
        ("epochs", "epoch", "num_epochs", "n_epochs", "max_iter", "nrounds", "num_rounds"),
        Translation("rounds=50", says="a round is a step over a share of the persons, `sample_rate`"),
    ),
    **dict.fromkeys(("epsilon", "within", "weight"), said("it belongs to `release`: `release(…, epsilon=1)`")),
    "hidden": said("`mlp` has hidden layers"),
    "on": said("whom it is about is said by its columns; `mlp` and `logistic_regression` are trained `on=` persons"),
    "batch_size": Translation("sample_rate=0.2", says="a batch is drawn by chance, each person with this probability"),
    **dict.fromkeys(
        ("optimizer", "optim", "solver"), Translation('strategy="fedadam"', says="steps down the gradient without it")
    ),
    **dict.fromkeys(
        ("target_epsilon", "noise_multiplier", "sigma"), said("the price decides it: `release(…, epsilon=1)`")
    ),
    **dict.fromkeys(("X", "x", "features", "columns"), sure("inputs=$value")),
    **dict.fromkeys(("y", "label", "labels", "outcome"), sure("target=$value")),
    **dict.fromkeys(("data", "df", "over", "persons"), sure("on=$value")),
}
