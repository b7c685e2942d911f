"""CSV and ARFF as auDeep and Deep Spectrum write them, and as others do."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from skaudeep.io import FeatureTable, load_features, save_features

TABLE = FeatureTable(
    [[0.5, 0.1], [np.nan, np.nan], [-2.0, 1e-10]],
    ["a.wav", "b, c.wav", "d.wav"],
    target=["tram", "cafe/restaurant", "tram"],
    target_names=["tram", "beach", "cafe/restaurant"],
    timestamps=[0.0, 0.5, 1.0],
)


def text_of(table, path, **options):
    save_features(table, path, **options)
    return path.read_text("utf-8").splitlines()


def read(folder, text, name="a.csv", **options):
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return load_features(path, **options)


def test_csv_of_auDeep(tmp_path):
    assert text_of(TABLE, tmp_path / "a.csv") == [
        "filename,chunk_nr,label_nominal,label_numeric,feature_0,feature_1",
        "a.wav,0,tram,0,0.5,0.1",
        '"b, c.wav",0,cafe/restaurant,2,,',
        "d.wav,0,tram,0,-2,1e-10",
    ]
    assert text_of(TABLE, tmp_path / "b.csv", labels_last=True)[:2] == [
        "filename,chunk_nr,feature_0,feature_1,label_nominal,label_numeric",
        "a.wav,0,0.5,0.1,tram,0",
    ]


def test_csv_of_deep_spectrum(tmp_path):
    assert text_of(TABLE, tmp_path / "a.csv", layout="deepspectrum")[:2] == [
        "name,timeStamp,neuron_0,neuron_1,class",
        "a.wav,0.0,0.5,0.1,tram",
    ]
    bare = TABLE.replace(timestamps=None, target=None)
    assert text_of(bare, tmp_path / "b.csv", layout="deepspectrum")[:2] == [
        "name,neuron_0,neuron_1",
        "a.wav,0.5,0.1",
    ]


def test_arff_of_auDeep(tmp_path):
    assert text_of(TABLE.replace(settings={"a": 1}), tmp_path / "a.arff") == [
        f'% skaudeep {{"version": "{TABLE.version}", "settings": {{"a": 1}}}}',
        '@RELATION "auDeep exported data set"',
        "",
        "@ATTRIBUTE filename STRING",
        "@ATTRIBUTE chunk_nr INTEGER",
        "@ATTRIBUTE label_nominal {beach, cafe/restaurant, tram}",
        "@ATTRIBUTE label_numeric INTEGER",
        "@ATTRIBUTE feature_0 REAL",
        "@ATTRIBUTE feature_1 REAL",
        "",
        "@DATA",
        "a.wav,0,tram,0,0.5,0.1",
        "'b, c.wav',0,cafe/restaurant,2,?,?",
        "d.wav,0,tram,0,-2,1e-10",
    ]
    last = text_of(TABLE, tmp_path / "b.arff", labels_last=True)
    assert last[7:9] == [
        "@ATTRIBUTE label_nominal {beach, cafe/restaurant, tram}",
        "@ATTRIBUTE label_numeric INTEGER",
    ]
    assert last[11] == "a.wav,0,0.5,0.1,tram,0"


def test_arff_of_deep_spectrum_has_sorted_classes(tmp_path):
    lines = text_of(TABLE, tmp_path / "a.arff", layout="deepspectrum")
    assert lines[1:10] == [
        '@RELATION "Deep Spectrum Features"',
        "",
        "@ATTRIBUTE name STRING",
        "@ATTRIBUTE timeStamp NUMERIC",
        "@ATTRIBUTE neuron_0 NUMERIC",
        "@ATTRIBUTE neuron_1 NUMERIC",
        "@ATTRIBUTE class {beach, cafe/restaurant, tram}",
        "",
        "@DATA",
    ]
    assert lines[10] == "a.wav,0.0,0.5,0.1,tram"


@pytest.mark.parametrize("layout", ["audeep", "deepspectrum"])
@pytest.mark.parametrize("labels", [True, False])
def test_others_read_our_arff(layout, labels, tmp_path):
    arff = pytest.importorskip("arff")
    table = TABLE if labels else TABLE.replace(target=None)
    save_features(table, tmp_path / "a.arff", layout=layout)
    content = arff.loads((tmp_path / "a.arff").read_text("utf-8"))
    names = [name for name, _ in content["attributes"]]
    row = dict(zip(names, content["data"][1], strict=True))
    assert row[names[0]] == "b, c.wav"
    assert row[names[-1 - (labels and layout == "deepspectrum")]] is None
    if labels:
        assert row.get("class", row.get("label_nominal")) == "cafe/restaurant"


def test_pandas_reads_our_csv(tmp_path):
    pd = pytest.importorskip("pandas")
    save_features(TABLE, tmp_path / "a.csv")
    frame = pd.read_csv(tmp_path / "a.csv")
    assert frame["filename"].tolist() == TABLE.filenames.tolist()
    values = frame[["feature_0", "feature_1"]].to_numpy(np.float32)
    np.testing.assert_array_equal(values, TABLE.features)


def test_auDeeps_csv_is_read(tmp_path):
    # As pandas 0.2x wrote it.
    text = (
        "filename,chunk_nr,label_nominal,label_numeric,feature_0,feature_1\n"
        "audio/b020.wav,0,beach,0,-0.00021236539,0.99998456\n"
        "audio/b020.wav,1,beach,0,3.0517578e-05,\n"
        "audio/t1.wav,0,tram,14,1.0,-1.0\n"
    )
    table = read(tmp_path, text)
    assert table.features.shape == (3, 2)
    assert table.features[0, 0] == np.float32(-0.00021236539)
    assert np.isnan(table.features[1, 1])
    assert table.chunk_nr.tolist() == [0, 1, 0]
    assert table.label_map == {"beach": 0, "tram": 14}
    assert table.feature_names is None
    assert table.version is None


def test_auDeeps_arff_is_read(tmp_path):
    text = (
        '@RELATION "auDeep exported data set"\n\n@ATTRIBUTE filename STRING\n'
        "@ATTRIBUTE chunk_nr INTEGER\n"
        "@ATTRIBUTE feature_0 REAL\n@ATTRIBUTE feature_1 REAL\n"
        "@ATTRIBUTE label_nominal {beach, cafe/restaurant, 'metro station'}\n"
        "@ATTRIBUTE label_numeric INTEGER\n\n@DATA\n"
        "audio/a.wav,0,0.25,-0.20000000298023224,'metro station',2\n"
        "% a comment, and an empty line\n\n"
        "audio/b.wav,0,0.5,1e-05,beach,0\n"
        "%\n%\n%\n"
    )
    table = read(tmp_path, text, "a.arff")
    assert table.features.tolist() == [
        [0.25, np.float32(-0.2)],
        [0.5, np.float32(1e-5)],
    ]
    assert table.target.tolist() == ["metro station", "beach"]
    assert table.label_map == {"beach": 0, "cafe/restaurant": 1, "metro station": 2}


def test_deep_spectrums_arff_with_several_labels_is_read(tmp_path):
    text = (
        "@relation 'Deep Spectrum Features'\n\n@attribute name string\n"
        "@attribute timeStamp numeric\n"
        "@attribute neuron_0 numeric\n@attribute neuron_1 numeric\n"
        "@attribute valence numeric\n@attribute arousal numeric\n\n@data\n"
        "a.wav,0.0,0.25,0.5,-1.5,2\na.wav,0.5,0,0.5,?,3\n"
    )
    table = read(tmp_path, text, "a.arff")
    assert table.timestamps.tolist() == [0.0, 0.5]
    assert table.chunk_nr.tolist() == [0, 1]
    assert table.target_names.tolist() == ["valence", "arousal"]
    np.testing.assert_array_equal(table.target, [[-1.5, 2], [np.nan, 3]])


@pytest.mark.parametrize("name", ["a.arff", "a.csv"])
def test_labels_that_are_missing_among_several_are_unknown(name, tmp_path):
    table = FeatureTable(np.zeros((3, 1)), target=[["a", "?"], ["?", "?"], ["b", "1"]])
    save_features(table, tmp_path / name, layout="deepspectrum")
    loaded = load_features(tmp_path / name)
    assert loaded.target.tolist() == table.target.tolist()


def test_labels_may_have_numbers_in_any_order(tmp_path):
    text = "filename,label_nominal,label_numeric,x\na,u,7,1\nb,?,,1\nc,a,9,1\n"
    table = read(tmp_path, text)
    assert table.label_map == {"u": 7, "a": 9}
    assert table.target_numeric.tolist() == [7, -1, 9]
    with pytest.raises(ValueError, match="must not be negative"):
        read(tmp_path, text.replace("7", "-1"))


def test_deep_spectrums_csv_with_a_label_file_is_read(tmp_path):
    text = "name,neuron_0,neuron_1,mood,speaker\na.wav,1,2,joy,s1\nb.wav,3,4,fear,2\n"
    table = read(tmp_path, text)
    assert table.target.tolist() == [["joy", "s1"], ["fear", "2"]]
    assert table.target_names.tolist() == ["mood", "speaker"]


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_files_of_all_systems(start, end, last, tmp_path):
    lines = ["filename,chunk_nr,label_nominal,x", "ä.wav,0,a,1.5", "b.wav,0,b,2"]
    table = read(tmp_path, start + end.join(lines) + (end if last else ""))
    assert table.filenames.tolist() == ["ä.wav", "b.wav"]
    assert table.features.tolist() == [[1.5], [2.0]]
    assert table.feature_names == ["x"]


def test_a_cell_may_hold_a_line_end(tmp_path):
    text = 'filename,label_nominal,x\n"two\nlines",a,1\nb.wav,"say ""hi""",2\n\n'
    table = read(tmp_path, text)
    assert table.filenames.tolist() == ["two\nlines", "b.wav"]
    assert table.target.tolist() == ["a", 'say "hi"']
    save_features(table, tmp_path / "b.csv")
    assert load_features(tmp_path / "b.csv").filenames.tolist() == [
        "two\nlines",
        "b.wav",
    ]


def test_chunk_numbers_are_no_features(tmp_path):
    text = "filename,nr,label_nominal,x\na,1,u,0.5\na,0,u,0.25\n"
    table = read(tmp_path, text, chunk_column="nr")
    assert table.features.tolist() == [[0.5], [0.25]]
    assert table.chunk_nr.tolist() == [1, 0]
    assert read(tmp_path, text.replace("nr", "chunk_nr")).features.shape == (2, 1)


@pytest.mark.parametrize("name", ["a.csv", "a.arff"])
def test_attributes_of_any_name(name, tmp_path):
    rows = "x1,0.5,joy,4,7\nx1,0.25,fear,2,8\n"
    text = f"id,F0,mood,no,part\n{rows}"
    if name == "a.arff":
        text = (
            "@RELATION x\n@ATTRIBUTE id STRING\n@ATTRIBUTE F0 REAL\n"
            "@ATTRIBUTE mood {joy,fear}\n@ATTRIBUTE no INTEGER\n"
            f"@ATTRIBUTE part INTEGER\n@DATA\n{rows}"
        )
    options = {
        "filename_column": "id",
        "chunk_column": "part",
        "label_column": "mood",
        "numeric_label_column": "no",
    }
    table = read(tmp_path, text, name, **options)
    assert table.feature_names == ["F0"]
    assert table.filenames.tolist() == ["x1", "x1"]
    assert table.chunk_nr.tolist() == [7, 8]
    assert table.label_map == {"fear": 2, "joy": 4}


@pytest.mark.parametrize("name", ["a.csv", "a.arff"])
def test_features_between_other_columns(name, tmp_path):
    text = "F0,filename,F1,label_nominal,F2\n1,'a b',2,x,3\n4,c,5,y,6\n"
    if name == "a.arff":
        attributes = ["F0 REAL", "filename STRING", "F1 REAL"]
        attributes += ["label_nominal {x,y}", "F2 INTEGER"]
        lines = ["@RELATION x", *(f"@ATTRIBUTE {a}" for a in attributes), "@DATA"]
        text = "\n".join([*lines, *text.splitlines()[1:]])
    else:
        text = text.replace("'", '"')
    table = read(tmp_path, text, name)
    assert table.features.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert table.feature_names == ["F0", "F1", "F2"]
    assert table.filenames.tolist() == ["a b", "c"]
    assert table.target.tolist() == ["x", "y"]


def test_rows_without_a_name_get_those_of_auDeep(tmp_path):
    table = read(tmp_path, "label_nominal,x\na,1\nb,2\n")
    assert table.filenames.tolist() == ["synthetic_a.csv_0", "synthetic_a.csv_1"]


def test_numbers_may_be_written_in_many_ways(tmp_path):
    cells = ["+1.5", " 2", "3 ", ".5", "5.", "1E3", "-1e-2", "?", "NaN", "NA", "inf"]
    text = "filename,x\n" + "".join(f"f{i},{c}\n" for i, c in enumerate(cells))
    nan = np.nan
    expected = [1.5, 2, 3, 0.5, 5, 1000, -0.01, nan, nan, nan, np.inf]
    features = read(tmp_path, text).features
    np.testing.assert_array_equal(features[:, 0], np.float32(expected))


HEAD = "filename,chunk_nr,label_nominal,label_numeric,f0,f1\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.csv is empty"),
        (HEAD, "a.csv: there is a header, but no row"),
        (HEAD + "a,0,x,0,1\n", r"row 1 \(line 2\): 1 columns of features.* has 2"),
        (HEAD + "a,0,x,0,1,2,3\n", r"row 1 \(line 2\): 3 columns of features"),
        (HEAD + "a,0\n", r"row 1 \(line 2\): 2 columns, but the header has 6"),
        (HEAD + '"a",0,x,0,1\n', r"row 1 \(line 2\): 5 columns, but the header has 6"),
        (HEAD + "a,0,x,0,1,2\n\nb,0,x,0,1,2\n", r"row 2 \(line 3\)"),
        (
            HEAD + "a,0,x,0,1,2\nb,0,x,0,1,zwei\n",
            r"row 2 \(line 3\), column 'f1': .*zwei",
        ),
        (HEAD + "a,0,x,0,1,0x1F\n", r"column 'f1': must be a number, got '0x1F'"),
        (
            HEAD + "a,0,x,0,1,1e60\n",
            r"column 'f1': single precision cannot hold '1e60'",
        ),
        (
            HEAD + "a,half,x,0,1,2\n",
            r"column 'chunk_nr': must be an integer, got 'half'",
        ),
        (HEAD + "a,0.5,x,0,1,2\n", r"column 'chunk_nr': must be an integer, got '0.5'"),
        (HEAD + "a,,x,0,1,2\n", r"column 'chunk_nr': a number is missing"),
        (HEAD + ",0,x,0,1,2\n", r"row 1 \(line 2\), column 'filename': is empty"),
        (HEAD + "a,0,x,0,1,2\nb,0,x,1,1,2\n", r"row 2 .*'x' has the number 1, but 0"),
        (HEAD + "a,0,x,0,1,2\nb,0,y,0,1,2\n", r"row 2 .*number 0 has the label 'y'"),
        (HEAD + "a,0,x,,1,2\n", r"row 1 \(line 2\): the label 'x' has no number"),
        (HEAD + '"a,0,x,0,1,2\n', "quotation marks"),
        ("filename,f0,f0\na,1,2\n", "a.csv: several columns are named 'f0'"),
        ("filename,label_nominal\na,x\n", "a.csv: no column holds features"),
    ],
)
def test_bad_csv_is_an_error_that_names_the_place(text, message, tmp_path):
    with pytest.raises(ValueError, match=message) as error:
        read(tmp_path, text)
    assert str(tmp_path / "a.csv") in str(error.value)


ARFF = "@RELATION x\n@ATTRIBUTE filename STRING\n@ATTRIBUTE f0 REAL\n"
ARFF += "@ATTRIBUTE f1 NUMERIC\n@ATTRIBUTE class {a,'b c'}\n@DATA\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@RELATION x\n", "there is no line '@DATA'"),
        (ARFF.replace("NUMERIC", "DATE"), r"line 4: Bad @ATTRIBUTE type"),
        (ARFF.replace("NUMERIC", "STRING"), "'f1' is not numeric, so it is no feature"),
        (ARFF, "there is a header, but no row"),
        (ARFF + "u,1,2\n", r"row 1 \(line 7\)"),
        (ARFF + "u,1,2,a\n'v w',1,2\n", r"row 2 \(line 8\)"),
        (ARFF + "u,1,2,a\n\nv,1,zwei,a\n", r"row 2 \(line 9\), column 'f1': .*'zwei'"),
        (ARFF + "u,1,2,a\n% x\nv,1,2,d\n", r"row 2 \(line 9\): .*value d not found"),
        (ARFF + "{0 u, 1 2.5}\n", r"row 1 \(line 7\): sparse rows"),
        (ARFF + "'u,1,2,a\n", r"row 1 \(line 7\)"),
        ("% skaudeep {oops\n" + ARFF + "u,1,2,a\n", "settings is damaged"),
    ],
)
def test_bad_arff_is_an_error_that_names_the_place(text, message, tmp_path):
    with pytest.raises(ValueError, match=message) as error:
        read(tmp_path, text, "a.arff")
    assert str(tmp_path / "a.arff") in str(error.value)


@pytest.mark.parametrize(
    ("option", "word"),
    [
        ({"filename_column": "id"}, "filename_column='id' is none of the columns"),
        ({"label_column": ["x", "y"]}, "label_column='x' is none of the columns"),
        ({"chunk_column": "no"}, "chunk_column='no'"),
    ],
)
def test_column_that_is_not_there_is_named(option, word, tmp_path):
    with pytest.raises(ValueError, match=word):
        read(tmp_path, "filename,f0\na,1\n", **option)


def test_infinite_numbers_are_no_arff(tmp_path):
    table = FeatureTable([[1.0, 2.0], [3.0, -np.inf]])
    with pytest.raises(ValueError, match="row 1, column 'feature_1' is -inf"):
        save_features(table, tmp_path / "a.arff")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.csv", "a.arff", "a.parquet"])
def test_features_with_names_of_other_columns_are_refused(name, tmp_path):
    table = FeatureTable([[1.0, 2.0]], feature_names=["x", "chunk_nr"])
    with pytest.raises(ValueError, match="'chunk_nr'"):
        save_features(table, tmp_path / name)


@pytest.mark.parametrize("name", ["it's", 'a"b', "a\\b", "a\nb"])
def test_names_that_arff_cannot_hold_are_refused(name, tmp_path):
    table = FeatureTable([[1.0]], feature_names=[name])
    with pytest.raises(ValueError, match="name of an attribute in ARFF"):
        save_features(table, tmp_path / "a.arff")


@pytest.mark.parametrize("name", ["with space", "100%", "a,b", "{x}", "ünï"])
def test_other_names_of_attributes_come_back(name, tmp_path):
    table = FeatureTable([[1.0, 2.0]], feature_names=["x", name])
    save_features(table, tmp_path / "a.arff")
    assert load_features(tmp_path / "a.arff").feature_names == ["x", name]
