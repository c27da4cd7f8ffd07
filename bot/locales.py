"""What commands, options and choices are called in Discord's other languages; English stands in the code.

https://docs.discord.com/developers/reference#locales
"""

from typing import Final

import discord
from discord import app_commands

Locale = discord.Locale
LANGUAGES: Final = (Locale.chinese, Locale.spain_spanish, Locale.german, Locale.japanese)
SAME_AS: Final = {Locale.latin_american_spanish: Locale.spain_spanish}

# English: 简体中文, Español, Deutsch, 日本語. Names of commands and options must be lower case and without spaces.
TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "ascii": ("字符画", "ascii", "ascii", "アスキー"),
    "Draw a picture in readable characters": (
        "用可读的字符画出一张图片", "Dibuja una imagen con caracteres legibles",
        "Zeichnet ein Bild aus lesbaren Zeichen", "画像を読める文字で描きます",
    ),
    "image": ("图片", "imagen", "bild", "画像"),
    "The picture; without one, the last that was posted here": (
        "图片；不提供时使用此处最近发布的图片", "La imagen; si falta, la última publicada aquí",
        "Das Bild; ohne eines das zuletzt hier gepostete", "画像。省略すると、ここに最後に投稿されたもの",
    ),
    "palette": ("配色", "paleta", "palette", "配色"),
    "The colours of the characters: a name, or two colours like #0000ff-#ff69b4": (
        "字符的颜色：名称，或两种颜色，例如 #0000ff-#ff69b4",
        "Los colores: un nombre, o dos colores como #0000ff-#ff69b4",
        "Die Farben: ein Name oder zwei Farben wie #0000ff-#ff69b4",
        "文字の色：名前、または #0000ff-#ff69b4 のような二色",
    ),
    "columns": ("列数", "columnas", "spalten", "列数"),
    "How many characters across, 20 to 200": (
        "每行多少个字符，20 到 200", "Cuántos caracteres de ancho, de 20 a 200",
        "Wie viele Zeichen breit, 20 bis 200", "横の文字数、20〜200",
    ),
    "background": ("背景", "fondo", "hintergrund", "背景"),
    "The paper": ("纸张", "El papel", "Das Papier", "紙の色"),
    "Light (dark characters on white)": (
        "浅色（白底深字）", "Claro (caracteres oscuros sobre blanco)", "Hell (dunkle Zeichen auf Weiß)",
        "明るい（白地に暗い文字）",
    ),
    "Dark (light characters on black)": (
        "深色（黑底浅字）", "Oscuro (caracteres claros sobre negro)", "Dunkel (helle Zeichen auf Schwarz)",
        "暗い（黒地に明るい文字）",
    ),
    "format": ("格式", "formato", "format", "形式"),
    "Picture, text or a file": (
        "图片、文本或文件", "Imagen, texto o archivo", "Bild, Text oder Datei",
        "画像、テキスト、ファイル",
    ),
    "Picture": ("图片", "Imagen", "Bild", "画像"),
    "Text in the message, for computers (up to 60 across)": (
        "消息中的文本，适合电脑（每行最多 60 个）", "Texto en el mensaje, para ordenadores (hasta 60 de ancho)",
        "Text in der Nachricht, für Computer (bis 60 breit)", "メッセージ内のテキスト、パソコン用（横60文字まで）",
    ),
    "Text in the message, for phones (up to 40 across)": (
        "消息中的文本，适合手机（每行最多 40 个）", "Texto en el mensaje, para móviles (hasta 40 de ancho)",
        "Text in der Nachricht, fürs Telefon (bis 40 breit)", "メッセージ内のテキスト、スマホ用（横40文字まで）",
    ),
    "Text file, any size": (
        "文本文件，任意大小", "Archivo de texto, cualquier tamaño", "Textdatei, jede Größe",
        "テキストファイル、大きさ自由",
    ),
    "Coloured text for terminals (ANSI file)": (
        "终端彩色文本（ANSI 文件）", "Texto en color para terminales (archivo ANSI)",
        "Farbiger Text fürs Terminal (ANSI-Datei)", "端末用の色付きテキスト（ANSIファイル）",
    ),
    "Web page (HTML file)": (
        "网页（HTML 文件）", "Página web (archivo HTML)", "Webseite (HTML-Datei)",
        "ウェブページ（HTMLファイル）",
    ),
    "Vector drawing (SVG file)": (
        "矢量图（SVG 文件）", "Dibujo vectorial (archivo SVG)", "Vektorgrafik (SVG-Datei)",
        "ベクター画像（SVGファイル）",
    ),
    "Word document": ("Word 文档", "Documento de Word", "Word-Dokument", "Word文書"),
    "style": ("风格", "estilo", "stil", "スタイル"),
    "The model that draws": (
        "用哪个模型来画", "El modelo que dibuja", "Das Modell, das zeichnet", "描くモデル",
    ),
    "animate": ("动画", "animar", "animieren", "アニメ"),
    "Whether an animation comes back moving": (
        "动图是否仍以动图返回", "Si una animación vuelve en movimiento", "Ob eine Animation bewegt zurückkommt",
        "動く画像を動くまま返すか",
    ),
    "private": ("私密", "privado", "privat", "非公開"),
    "Show the result to you alone": (
        "结果仅你可见", "Muestra el resultado solo a ti", "Zeigt das Ergebnis nur dir", "結果を自分だけに表示",
    ),
    "Make ASCII": ("做成字符画", "Convertir en ASCII", "Als ASCII zeichnen", "アスキーアートにする"),
    "help": ("帮助", "ayuda", "hilfe", "ヘルプ"),
    "What I can do, with examples": (
        "我能做什么，附示例", "Qué puedo hacer, con ejemplos", "Was ich kann, mit Beispielen", "できることと使用例",
    ),
    "privacy": ("隐私", "privacidad", "datenschutz", "プライバシー"),
    "What I keep of you, and for how long": (
        "我保存你的哪些数据，保存多久", "Qué guardo de ti y por cuánto tiempo",
        "Was ich von dir aufbewahre und wie lange", "保存する情報とその期間",
    ),
    "forget": ("删除数据", "olvidar", "vergessen", "データ削除"),
    "Delete the pictures you sent and what I remember of them": (
        "删除你发送的图片及相关记录", "Borra las imágenes que enviaste y lo que recuerdo de ellas",
        "Löscht deine Bilder und was ich darüber weiß", "送った画像とその記録を削除します",
    ),
}  # fmt: skip


class Catalogue(app_commands.Translator):
    """discord.py asks it for each text and language when the commands are registered."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """The text in that language; None leaves it in English."""
        texts, language = TEXTS.get(string.message), SAME_AS.get(locale, locale)
        return texts[LANGUAGES.index(language)] if texts and language in LANGUAGES else None
