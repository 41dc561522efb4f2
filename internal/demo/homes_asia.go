package demo

// People in India write addresses in Latin letters, whatever their names are
// written in: the post and the shops do.
var homesAsia = map[string]home{
	"ar-EG": {
		places:  "القاهرة/القاهرة/11511,11728 الإسكندرية/الإسكندرية/21519 الجيزة/الجيزة/12511 أسوان/أسوان/81511",
		streets: "شارع_التحرير شارع_رمسيس شارع_الجمهورية شارع_النيل شارع_الهرم", lines: "# %", second: "الدور ~، شقة #", digits: "٠١٢٣٤٥٦٧٨٩",
	},
	"ar-AE": {
		places:  "/أبو_ظبي/ /إمارة_دبيّ/ /إمارة_الشارقةّ/",
		streets: "شارع_الشيخ_زايد شارع_الوحدة شارع_الخليج شارع_الاتحاد", lines: "%، مبنى #|%، فيلا #", second: "شقة #",
	},
	"fa-IR": {
		places:  "تهران/استان_تهران/11369-45678 اصفهان/استان_اصفهان/81456-33151 شیراز/استان_فارس/71348-44119 مشهد/استان_خراسان_رضوی/91336-74587",
		streets: "خیابان_ولیعصر خیابان_انقلاب خیابان_حافظ خیابان_سعدی خیابان_فردوسی", lines: "%، پلاک #|%، پلاک #، واحد ~", digits: "۰۱۲۳۴۵۶۷۸۹",
	},
	"he-IL": {
		places:  "ירושלים//9414219 תל_אביב//6688210 חיפה//3303139 באר_שבע//8410501",
		streets: "הרצל ז׳בוטינסקי ויצמן בן־גוריון דיזנגוף", lines: "% #|רחוב % #", second: "דירה ~",
	},
	"hi-IN": {
		places: "New_Delhi/Delhi/110001 Lucknow/Uttar_Pradesh/226001 Jaipur/Rajasthan/302001 Bhopal/Madhya_Pradesh/462001 Patna/Bihar/800001 " +
			"Mumbai/Maharashtra/400001",
		streets: "Mahatma_Gandhi_Road Station_Road Gandhi_Nagar Shivaji_Marg Civil_Lines Nehru_Place", lines: "#, %|H.No. #/~, %", second: "Near Hanuman Mandir|~nd Floor",
	},
	"ta-IN": {
		places:  "Chennai/Tamil_Nadu/600001,600017 Coimbatore/Tamil_Nadu/641001 Madurai/Tamil_Nadu/625001 Tiruchirappalli/Tamil_Nadu/620001",
		streets: "Anna_Salai Gandhi_Street Kamarajar_Salai Bharathi_Street North_Car_Street", lines: "No. #, %|#/~, %",
	},
	"bn-BD": {
		places:  "ঢাকা//1000,1205 চট্টগ্রাম//4000 সিলেট//3100 খুলনা//9100 রাজশাহী//6000",
		streets: "মিরপুর_রোড স্টেশন_রোড কলেজ_রোড গুলশান_এভিনিউ নজরুল_ইসলাম_সড়ক", lines: "বাড়ি #, %|#/~, %", digits: "০১২৩৪৫৬৭৮৯",
	},
	"zh-CN": {
		places: "朝阳区/北京市/100020 海淀区/北京市/100080 浦东新区/上海市/200120 广州市/广东省/510030/越秀区 深圳市/广东省/518000/南山区 杭州市/浙江省/310013/西湖区 " +
			"成都市/四川省/610011/锦江区 西安市/陕西省/710061/雁塔区 南京市/江苏省/210008/玄武区",
		streets: "中山路 人民路 解放路 建设路 和平路 长江路 文化路", lines: "%#号|%#号~单元~0~室|%#号#栋", given: "lastgiven",
	},
	"zh-TW": {
		places:  "信義區/台北市/110 大安區/台北市/106 板橋區/新北市/220 西屯區/台中市/407 左營區/高雄市/813 中西區/台南市/700",
		streets: "中山路 中正路 民生路 和平路 復興路 忠孝路", lines: "%#號|%~段#號|%#號~樓", given: "lastgiven",
	},
	"ja-JP": {
		places: "/東京都/100-0005/千代田区丸の内 /東京都/150-0041/渋谷区神南 /東京都/160-0023/新宿区西新宿 /東京都/154-0024/世田谷区三軒茶屋 " +
			"/大阪府/530-0001/大阪市北区梅田 /愛知県/460-0008/名古屋市中区栄 /福岡県/810-0001/福岡市中央区天神 /北海道/060-0042/札幌市中央区大通西",
		lines: "@~-#-~|@~丁目#番~号", second: "さくらマンション~0~号室|グリーンハイツ#号", given: "last given",
	},
	"ko-KR": {
		places: "강남구/서울특별시/06236/테헤란로 마포구/서울특별시/04001/월드컵로 종로구/서울특별시/03172/세종대로 해운대구/부산광역시/48094/해운대로 수성구/대구광역시/42087/달구벌대로 " +
			"서구/광주광역시/61949/상무중앙로 제주시/제주특별자치도/63199/중앙로",
		lines: "@ #|@#길 ~|@ #, ~0~호", given: "lastgiven",
	},
	"th-TH": {
		places: "กรุงเทพมหานคร/กรุงเทพมหานคร/10330,10110 เชียงใหม่/เชียงใหม่/50200 ขอนแก่น/ขอนแก่น/40000 นครราชสีมา/นครราชสีมา/30000 หาดใหญ่/สงขลา/90110 " +
			"ภูเก็ต/ภูเก็ต/83000",
		streets: "ถนนสุขุมวิท ถนนพหลโยธิน ถนนเพชรเกษม ถนนราชดำเนิน ซอยมิตรภาพ", lines: "# %|#/~ %",
	},
	"vi-VN": {
		places: "Hà_Nội/Hà_Nội/11000,11500 Thành_phố_Hồ_Chí_Minh/Thành_phố_Hồ_Chí_Minh/70000 Đà_Nẵng/Đà_Nẵng/50000 Cần_Thơ/Cần_Thơ/94000 " +
			"Huế/Thừa_Thiên–Huế/49000 Hải_Phòng/Hải_Phòng/04000",
		streets: "Trần_Hưng_Đạo Lê_Lợi Nguyễn_Huệ Hai_Bà_Trưng Lý_Thường_Kiệt Điện_Biên_Phủ", lines: "# %|#/~ %|Số # đường %", given: "last given",
	},
	"id-ID": {
		places: "Jakarta/DKI_Jakarta/10110,12190 Bandung/Jawa_Barat/40111 Surabaya/Jawa_Timur/60271 Yogyakarta/Daerah_Istimewa_Yogyakarta/55111 " +
			"Denpasar/Bali/80111 Medan/Sumatera_Utara/20111 Makassar/Sulawesi_Selatan/90111 Jayapura/Papua/99111",
		streets: "Jl._Sudirman Jl._Diponegoro Jl._Merdeka Jl._Gajah_Mada Jl._Ahmad_Yani Jl._Melati", lines: "% No. #|% No. #, RT 0~/RW 0~",
	},
	"km-KH": {
		places:  "ភ្នំពេញ//12206,12302 ក្រុងសៀមរាប//17252 ក្រុងបាត់ដំបង//02352",
		streets: "មហាវិថីព្រះមុនីវង្ស មហាវិថីព្រះនរោត្តម មហាវិថីព្រះសីហនុ", lines: "ផ្ទះលេខ #, %|ផ្ទះលេខ #, ផ្លូវលេខ #",
	},
	"kk-KZ": {
		places:  "Алматы//050000,050010 Астана//010000 Шымкент//160000 Ақтөбе//030000",
		streets: "Абай_даңғылы Достық_даңғылы Төле_би_көшесі Сәтбаев_көшесі", lines: "% #|%, #-үй, #-пәтер",
	},
}
